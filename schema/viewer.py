"""The person asking: what each domain keeps for them."""

from models.identity import AccountRow
from schema.fields import node_id, row_type
from schema.identity.types import ViewerIdentity
from schema.rooms.viewer import ViewerRooms


@row_type(AccountRow, "Everything private to the person asking. It has an id, so that caches keep one of it.")
class Viewer(ViewerIdentity, ViewerRooms):
    id = node_id("Viewer", "user_id")
