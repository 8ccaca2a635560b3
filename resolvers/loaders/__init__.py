"""All loaders of one operation, each made when it is first asked for."""

from functools import cached_property

from kit.db import Lease
from models.rooms import MessageRow
from resolvers.loaders import identity, messages, rooms, streams


class Loaders:
    """Fresh for each operation and each event: what one of them read is never seen by another."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.known_messages: dict[int, MessageRow] = {}
        """Read whole already, by a page or a write: `message_by_id` does not ask for them."""

    @cached_property
    def head_seen_by_topic(self) -> streams.HeadSeenByTopic:
        return streams.HeadSeenByTopic(self.lease)

    @cached_property
    def room_by_id(self) -> rooms.RoomById:
        return rooms.RoomById(self.lease)

    @cached_property
    def member_by_room_and_user(self) -> rooms.MemberByRoomAndUser:
        return rooms.MemberByRoomAndUser(self.lease)

    @cached_property
    def members_by_room(self) -> rooms.MembersByRoom:
        return rooms.MembersByRoom(self.lease)

    @cached_property
    def unread_by_viewer_and_room(self) -> rooms.UnreadByViewerAndRoom:
        return rooms.UnreadByViewerAndRoom(self.lease)

    @cached_property
    def message_by_id(self) -> messages.MessageById:
        return messages.MessageById(self.lease, self.known_messages)

    @cached_property
    def messages_by_room(self) -> messages.MessagesByRoom:
        return messages.MessagesByRoom(self.lease, self.known_messages)

    @cached_property
    def reply_count_by_message(self) -> messages.ReplyCountByMessage:
        return messages.ReplyCountByMessage(self.lease)

    @cached_property
    def reactions_by_message(self) -> messages.ReactionsByMessage:
        return messages.ReactionsByMessage(self.lease)

    @cached_property
    def has_reacted_by_viewer_and_reaction(self) -> messages.HasReactedByViewerAndReaction:
        return messages.HasReactedByViewerAndReaction(self.lease)

    @cached_property
    def reactors_by_reaction(self) -> messages.ReactorsByReaction:
        return messages.ReactorsByReaction(self.lease)

    @cached_property
    def user_by_id(self) -> identity.UserById:
        return identity.UserById(self.lease)

    @cached_property
    def user_by_key(self) -> identity.UserByKey:
        return identity.UserByKey(self.lease)

    @cached_property
    def account_by_user(self) -> identity.AccountByUser:
        return identity.AccountByUser(self.lease)

    @cached_property
    def session_by_id(self) -> identity.SessionById:
        return identity.SessionById(self.lease)

    @cached_property
    def identities_by_user(self) -> identity.IdentitiesByUser:
        return identity.IdentitiesByUser(self.lease)
