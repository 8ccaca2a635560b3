"""Who is in the rooms of these tests."""

import pytest


@pytest.fixture
async def trio(people, rooms):
    """An owner and a member of a public room, and somebody outside."""
    ann, ben, eve = [await people.person(name) for name in ("ann", "ben", "eve")]
    return await rooms.room(ann, ben), ann, ben, eve
