"""The house: identity, rooms, events, and who may see what."""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
import sqlmodel
from alembic import op
from models.events import Xid8
from models.scripts import run_script
from sqlalchemy.dialects import postgresql
revision: str = '0001'
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('events',
    sa.Column('topic', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('origin_key', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('tx', Xid8(), server_default=sa.text('pg_current_xact_id()'), nullable=False),
    sa.PrimaryKeyConstraint('topic', 'seq', name=op.f('pk_events'))
    )
    op.create_index('ix_events_created_at', 'events', ['created_at'], unique=False)
    op.create_table('rate_buckets',
    sa.Column('operation', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('tokens', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('operation', 'key', name=op.f('pk_rate_buckets'))
    )
    op.create_index('ix_rate_buckets_updated_at', 'rate_buckets', ['updated_at'], unique=False)
    op.create_table('topics',
    sa.Column('topic', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('topic', name=op.f('pk_topics')),
    postgresql_with={'fillfactor': 50}
    )
    op.create_table('users',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('username', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('username_key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('display_name', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('char_length(display_name) between 1 and 80', name=op.f('ck_users_display_name_length')),
    sa.CheckConstraint('char_length(username) between 3 and 50', name=op.f('ck_users_username_length')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users'))
    )
    op.create_index('ix_users_display_name_prefix', 'users', [sa.literal_column('lower(display_name)').label('lowered')], unique=False, postgresql_ops={'lowered': 'text_pattern_ops'})
    op.create_index('ix_users_username_key_prefix', 'users', ['username_key'], unique=False, postgresql_ops={'username_key': 'text_pattern_ops'})
    op.create_index('uq_users_username_key', 'users', ['username_key'], unique=True)
    op.create_table('accounts',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('email', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('email_verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('has_password', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('locale', sqlmodel.sql.sqltypes.AutoString(), server_default=sa.text("'en'"), nullable=False),
    sa.Column('plan', sa.Enum('free', 'pro', name='plan_type'), server_default=sa.text("'free'"), nullable=False),
    sa.Column('plan_event_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stripe_customer_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('spotify_user_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('onboarding_completed', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('default_room_seen_id', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('char_length(email) <= 254', name=op.f('ck_accounts_email_length')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_accounts_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_accounts'))
    )
    op.create_index('uq_accounts_email', 'accounts', [sa.literal_column('lower(email)')], unique=True)
    op.create_index('uq_accounts_spotify_user_id', 'accounts', ['spotify_user_id'], unique=True)
    op.create_index('uq_accounts_stripe_customer_id', 'accounts', ['stripe_customer_id'], unique=True)
    op.create_table('chat_rooms',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('description', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('is_default_room', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('is_private', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('slow_mode_seconds', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('member_count', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('last_message_id', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('char_length(description) between 1 and 500', name=op.f('ck_chat_rooms_description_length')),
    sa.CheckConstraint('char_length(name) between 1 and 80', name=op.f('ck_chat_rooms_name_length')),
    sa.CheckConstraint('not (is_default_room and is_private)', name=op.f('ck_chat_rooms_default_is_public')),
    sa.CheckConstraint('slow_mode_seconds between 0 and 21600', name=op.f('ck_chat_rooms_slow_mode_range')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_chat_rooms_created_by_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_rooms'))
    )
    op.create_index('ix_chat_rooms_created_at', 'chat_rooms', ['created_at', 'id'], unique=False)
    op.create_index('ix_chat_rooms_created_by', 'chat_rooms', ['created_by'], unique=False)
    op.create_index('ix_chat_rooms_latest', 'chat_rooms', ['last_message_id', 'id'], unique=False)
    op.create_index('ix_chat_rooms_name', 'chat_rooms', [sa.literal_column('lower(name)'), 'id'], unique=False)
    op.create_index('ix_chat_rooms_words', 'chat_rooms', [sa.literal_column("to_tsvector('simple'::regconfig, (name::text || ' '::text) || COALESCE(description, ''::character varying)::text)")], unique=False, postgresql_using='gin')
    op.create_index('uq_chat_rooms_default', 'chat_rooms', ['is_default_room'], unique=True, postgresql_where=sa.text('is_default_room'))
    op.create_table('credentials',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('password_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_credentials_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_credentials'))
    )
    op.create_table('idempotency_keys',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('operation', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('client_key', sa.Uuid(), nullable=False),
    sa.Column('input_hash', sa.LargeBinary(), nullable=False),
    sa.Column('result', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_idempotency_keys_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'operation', 'client_key', name=op.f('pk_idempotency_keys'))
    )
    op.create_index('ix_idempotency_keys_created_at', 'idempotency_keys', ['created_at'], unique=False)
    op.create_table('user_identities',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('issuer', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('claims', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_identities_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_identities'))
    )
    op.create_index('ix_user_identities_user_id', 'user_identities', ['user_id'], unique=False)
    op.create_index('uq_user_identities_issuer_subject', 'user_identities', ['issuer', 'subject'], unique=True)
    op.create_table('user_sessions',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('user_agent', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('char_length(user_agent) <= 512', name=op.f('ck_user_sessions_user_agent_length')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_sessions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_sessions'))
    )
    op.create_index('ix_user_sessions_revoked_at', 'user_sessions', ['revoked_at'], unique=False, postgresql_where=sa.text('revoked_at is not null'))
    op.create_index('ix_user_sessions_expires_at', 'user_sessions', ['expires_at'], unique=False)
    op.create_index('ix_user_sessions_user_id', 'user_sessions', ['user_id', 'created_at', 'id'], unique=False)
    op.create_table('chat_messages',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('content', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('client_key', sa.Uuid(), nullable=False),
    sa.Column('input_hash', sa.LargeBinary(), nullable=False),
    sa.Column('reply_to_id', sa.BigInteger(), nullable=True),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deleted_by', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('(content is null) = (deleted_at is not null)', name=op.f('ck_chat_messages_tombstone_has_no_words')),
    sa.CheckConstraint('char_length(content) between 1 and 5000', name=op.f('ck_chat_messages_content_length')),
    sa.ForeignKeyConstraint(['deleted_by'], ['users.id'], name=op.f('fk_chat_messages_deleted_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['reply_to_id'], ['chat_messages.id'], name=op.f('fk_chat_messages_reply_to_id_chat_messages'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['room_id'], ['chat_rooms.id'], name=op.f('fk_chat_messages_room_id_chat_rooms'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_chat_messages_user_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_messages'))
    )
    op.create_index('ix_chat_messages_deleted_by', 'chat_messages', ['deleted_by'], unique=False, postgresql_where=sa.text('deleted_by is not null'))
    op.create_index('ix_chat_messages_reply_to_id', 'chat_messages', ['reply_to_id'], unique=False, postgresql_where=sa.text('reply_to_id is not null'))
    op.create_index('ix_chat_messages_room_id', 'chat_messages', ['room_id', 'id'], unique=False)
    op.create_index('uq_chat_messages_user_id_client_key', 'chat_messages', ['user_id', 'client_key'], unique=True)
    op.create_table('refresh_tokens',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['user_sessions.id'], name=op.f('fk_refresh_tokens_session_id_user_sessions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_refresh_tokens'))
    )
    op.create_index('ix_refresh_tokens_expires_at', 'refresh_tokens', ['expires_at'], unique=False)
    op.create_index('ix_refresh_tokens_session_id', 'refresh_tokens', ['session_id'], unique=False)
    op.create_table('room_bans',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('banned_by', sa.Uuid(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('char_length(reason) between 1 and 500', name=op.f('ck_room_bans_reason_length')),
    sa.ForeignKeyConstraint(['banned_by'], ['users.id'], name=op.f('fk_room_bans_banned_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['room_id'], ['chat_rooms.id'], name=op.f('fk_room_bans_room_id_chat_rooms'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_room_bans_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_bans'))
    )
    op.create_index('ix_room_bans_user_id', 'room_bans', ['user_id'], unique=False)
    op.create_index('uq_room_bans_room_id_user_id', 'room_bans', ['room_id', 'user_id'], unique=True)
    op.create_table('room_members',
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('owner', 'moderator', 'member', name='room_role'), server_default=sa.text("'member'"), nullable=False),
    sa.Column('last_read_message_id', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('notify', sa.Enum('all', 'mentions', 'nothing', name='notify_level'), server_default=sa.text("'all'"), nullable=False),
    sa.Column('muted_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_posted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['room_id'], ['chat_rooms.id'], name=op.f('fk_room_members_room_id_chat_rooms'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_room_members_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('room_id', 'user_id', name=op.f('pk_room_members'))
    )
    op.create_index('ix_room_members_user_id', 'room_members', ['user_id', 'room_id'], unique=False)
    op.create_table('message_reactions',
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('emoji', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('char_length(emoji) between 1 and 32', name=op.f('ck_message_reactions_emoji_length')),
    sa.ForeignKeyConstraint(['message_id'], ['chat_messages.id'], name=op.f('fk_message_reactions_message_id_chat_messages'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_message_reactions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('message_id', 'user_id', 'emoji', name=op.f('pk_message_reactions'))
    )
    op.create_index('ix_message_reactions_user_id', 'message_reactions', ['user_id'], unique=False)
    op.execute(
        "insert into chat_rooms (name, description, is_default_room)"
        " values ('General Music Chat', 'A place for all music lovers to chat and discover.', true)"
    )
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    op.execute("drop schema app cascade")
    op.execute("drop table pgqueuer, pgqueuer_log, pgqueuer_schedules, pgqueuer_statistics")
    op.drop_index('ix_message_reactions_user_id', table_name='message_reactions')
    op.drop_table('message_reactions')
    op.drop_index('ix_room_members_user_id', table_name='room_members')
    op.drop_table('room_members')
    op.drop_index('uq_room_bans_room_id_user_id', table_name='room_bans')
    op.drop_index('ix_room_bans_user_id', table_name='room_bans')
    op.drop_table('room_bans')
    op.drop_index('ix_refresh_tokens_expires_at', table_name='refresh_tokens')
    op.drop_index('ix_refresh_tokens_session_id', table_name='refresh_tokens')
    op.drop_table('refresh_tokens')
    op.drop_index('uq_chat_messages_user_id_client_key', table_name='chat_messages')
    op.drop_index('ix_chat_messages_room_id', table_name='chat_messages')
    op.drop_index('ix_chat_messages_reply_to_id', table_name='chat_messages', postgresql_where=sa.text('reply_to_id is not null'))
    op.drop_index('ix_chat_messages_deleted_by', table_name='chat_messages', postgresql_where=sa.text('deleted_by is not null'))
    op.drop_table('chat_messages')
    op.drop_index('ix_user_sessions_expires_at', table_name='user_sessions')
    op.drop_index('ix_user_sessions_user_id', table_name='user_sessions')
    op.drop_index('ix_user_sessions_revoked_at', table_name='user_sessions', postgresql_where=sa.text('revoked_at is not null'))
    op.drop_table('user_sessions')
    op.drop_index('uq_user_identities_issuer_subject', table_name='user_identities')
    op.drop_index('ix_user_identities_user_id', table_name='user_identities')
    op.drop_table('user_identities')
    op.drop_index('ix_idempotency_keys_created_at', table_name='idempotency_keys')
    op.drop_table('idempotency_keys')
    op.drop_table('credentials')
    op.drop_index('uq_chat_rooms_default', table_name='chat_rooms', postgresql_where=sa.text('is_default_room'))
    op.drop_index('ix_chat_rooms_words', table_name='chat_rooms', postgresql_using='gin')
    op.drop_index('ix_chat_rooms_name', table_name='chat_rooms')
    op.drop_index('ix_chat_rooms_latest', table_name='chat_rooms')
    op.drop_index('ix_chat_rooms_created_by', table_name='chat_rooms')
    op.drop_index('ix_chat_rooms_created_at', table_name='chat_rooms')
    op.drop_table('chat_rooms')
    op.drop_index('uq_accounts_stripe_customer_id', table_name='accounts')
    op.drop_index('uq_accounts_spotify_user_id', table_name='accounts')
    op.drop_index('uq_accounts_email', table_name='accounts')
    op.drop_table('accounts')
    op.drop_index('uq_users_username_key', table_name='users')
    op.drop_index('ix_users_username_key_prefix', table_name='users', postgresql_ops={'username_key': 'text_pattern_ops'})
    op.drop_index('ix_users_display_name_prefix', table_name='users', postgresql_ops={'lowered': 'text_pattern_ops'})
    op.drop_table('users')
    op.drop_table('topics')
    op.drop_index('ix_rate_buckets_updated_at', table_name='rate_buckets')
    op.drop_table('rate_buckets')
    op.drop_index('ix_events_created_at', table_name='events')
    op.drop_table('events')
    for name in ("notify_level", "room_role", "plan_type", "pgqueuer_status"):
        op.execute(f"drop type {name}")
