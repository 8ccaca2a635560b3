-- Everything a database holds but its rows: what it is called, and how it is made. Extensions' parts are theirs.
-- Runs with an empty search path, so that names are written in full.
with extended as (
  select classid, objid from pg_depend where deptype = 'e'
), spaces as (
  select n.* from pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from extended e where e.classid = 'pg_namespace'::regclass and e.objid = n.oid)
), relations as (
  select c.* from pg_class c join spaces n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    and not exists (select from extended e where e.classid = 'pg_class'::regclass and e.objid = c.oid)
), types as (
  select t.* from pg_type t join spaces n on n.oid = t.typnamespace
  where t.typtype in ('e', 'd', 'r')
    and not exists (select from extended e where e.classid = 'pg_type'::regclass and e.objid = t.oid)
), routines as (
  select p.* from pg_proc p join spaces n on n.oid = p.pronamespace
  where not exists (select from extended e where e.classid = 'pg_proc'::regclass and e.objid = p.oid)
), grants as (
  select 'schema ' || nspname as what, coalesce(nspacl, acldefault('n', nspowner)) as acl from spaces
  union all
  select case relkind when 'S' then 'sequence ' else 'table ' end || oid::regclass,
    coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)) from relations
  union all
  select 'column ' || c.oid::regclass || '.' || a.attname, a.attacl
  from pg_attribute a join relations c on c.oid = a.attrelid
  union all
  select 'type ' || oid::regtype, coalesce(typacl, acldefault('T', typowner)) from types
  union all
  select 'function ' || oid::regprocedure, coalesce(proacl, acldefault('f', proowner)) from routines
)
select 'schema ' || nspname as name, 'owner ' || nspowner::regrole as definition from spaces

union all
select 'extension ' || extname, 'in ' || extnamespace::regnamespace from pg_extension

union all
select
  case c.relkind when 'v' then 'view ' when 'm' then 'view ' when 'S' then 'sequence ' else 'table ' end
    || c.oid::regclass,
  concat_ws(', ',
    'kind ' || c.relkind::text || c.relpersistence::text,
    'owner ' || c.relowner::regrole,
    'row security ' || case when not c.relrowsecurity then 'off' when c.relforcerowsecurity then 'forced' else 'on' end,
    c.reloptions::text,
    pg_get_partkeydef(c.oid),
    pg_get_expr(c.relpartbound, c.oid),
    case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
    (select concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
      from pg_sequence s where s.seqrelid = c.oid),
    (select string_agg('inherits ' || i.inhparent::regclass, ' ' order by i.inhseqno)
      from pg_inherits i where i.inhrelid = c.oid))
from relations c

union all
select
  'column ' || c.oid::regclass || '.' || a.attname,
  concat_ws(' ',
    format_type(a.atttypid, a.atttypmod),
    case when a.attnotnull then 'not null' else 'null' end,
    'default ' || pg_get_expr(f.adbin, f.adrelid),
    'identity ' || nullif(a.attidentity::text, ''),
    'generated ' || nullif(a.attgenerated::text, ''),
    (select 'collate ' || o.collname from pg_collation o where o.oid = a.attcollation and o.collname <> 'default'))
from pg_attribute a
join relations c on c.oid = a.attrelid
left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped and c.relkind <> 'S'

-- Not null stands with the columns: PostgreSQL 18 has it here too, under a name, older ones do not.
union all
select
  'constraint ' || coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text) || '.' || k.conname,
  pg_get_constraintdef(k.oid)
from pg_constraint k
where k.contype <> 'n' and (k.conrelid in (select oid from relations) or k.contypid in (select oid from types))

union all
select
  'index ' || i.indexrelid::regclass,
  pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (invalid)' end
from pg_index i join relations c on c.oid = i.indrelid

union all
select
  'type ' || t.oid::regtype,
  concat_ws(', ',
    t.typtype::text,
    'owner ' || t.typowner::regrole,
    (select string_agg(quote_literal(e.enumlabel), ' ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
    'of ' || nullif(t.typbasetype, 0)::regtype,
    'default ' || t.typdefault)
from types t

union all
select
  'policy ' || c.oid::regclass || '.' || p.polname,
  concat_ws(' ',
    case when p.polpermissive then 'permissive' else 'restrictive' end,
    'for ' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
      else 'all' end,
    'to ' || (select string_agg(coalesce(nullif(r, 0)::regrole::text, 'public'), ', ' order by r::regrole::text)
      from unnest(p.polroles) r),
    'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
    'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
from pg_policy p join relations c on c.oid = p.polrelid

union all
select
  'trigger ' || c.oid::regclass || '.' || t.tgname,
  pg_get_triggerdef(t.oid) || case t.tgenabled when 'O' then '' else ' enabled ' || t.tgenabled::text end
from pg_trigger t join relations c on c.oid = t.tgrelid
where not t.tgisinternal

union all
select 'rule ' || c.oid::regclass || '.' || r.rulename, pg_get_ruledef(r.oid)
from pg_rewrite r join relations c on c.oid = r.ev_class
where r.rulename <> '_RETURN'

union all
select
  'function ' || p.oid::regprocedure,
  'owner ' || p.proowner::regrole || ' ' || case p.prokind when 'a' then 'aggregate' else pg_get_functiondef(p.oid) end
from routines p

union all
select
  'grant of ' || lower(g.privilege_type) || ' on ' || o.what || ' to '
    || coalesce(nullif(g.grantee, 0)::regrole::text, 'public'),
  case when bool_or(g.is_grantable) then 'and may be passed on' else '' end
from grants o cross join aclexplode(o.acl) g
group by 1

union all
select
  'default grants of ' || d.defaclrole::regrole || ' in '
    || coalesce(nullif(d.defaclnamespace, 0)::regnamespace::text, 'all schemas') || ' on ' || d.defaclobjtype::text,
  d.defaclacl::text
from pg_default_acl d
