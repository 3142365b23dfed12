-- Raw tables of a large portal, made inside DuckDB: the same rows for the same {deals} each time.
-- part(id, salt, n) is a number from 0 to n - 1 that depends on nothing but id and salt.

create macro part(id, salt, n) as cast(hash(id, salt) % n as bigint);
create macro some_day(id, salt, days) as
    timestamptz '{as_of}' - to_seconds(part(id, salt, days * 86400) + 3600);

create schema bitrix24;
create schema ops;

-- every run looks for this table before it touches a file
create table bitrix24._dlt_version as select 1 as version;

create table ops.portal as
select 'bench.test' as host, 'Europe/Berlin' as timezone, 'EUR' as base_currency;

create table bitrix24.departments as
select i as id, case when i > 1 then i // 4 + 1 end as parent, i as uf_head, 'Department ' || i as name, i * 10 as sort
from range(1, 21) as t(i);

create table bitrix24.users as
select
    i as id,
    cast('[' || (i % 20 + 1) || ']' as json) as uf_department,
    'Name' || i as name,
    'Last' || i as last_name,
    'user' || i || '@bench.test' as email,
    i % 10 > 0 as active
from range(1, 201) as t(i);

create table bitrix24.pipelines as
select i as id, 2 as entity_type_id, 'Pipeline ' || i as name, i * 10 as sort, if(i = 0, 'Y', 'N') as is_default
from range(3) as t(i);

create table bitrix24.currencies as
select * from (values ('EUR', 1.0, 1, 'Y', 10), ('USD', 0.92, 1, 'N', 20), ('JPY', 0.61, 100, 'N', 30))
    as t(currency, amount, amount_cnt, base, sort);

create table bitrix24.currency_rates as
select currency, date '{as_of_day}' - cast(i as integer) as rate_date, amount + i * 0.0001 as amount, amount_cnt, base
from bitrix24.currencies, range(60) as t(i);

create table stages as
select * from (values
    (1, 'NEW', 'P'), (2, 'PREPARATION', 'P'), (3, 'PREPAYMENT', 'P'), (4, 'EXECUTING', 'P'), (5, 'FINAL_INVOICE', 'P'),
    (6, 'WON', 'S'), (7, 'LOSE', 'F')) as t(place, code, semantic);

create table bitrix24.statuses as
select
    row_number() over (order by category, place) as id,
    if(category = 0, 'DEAL_STAGE', 'DEAL_STAGE_' || category) as entity_id,
    if(category = 0, '', 'C' || category || ':') || code as status_id,
    code as name,
    place * 10 as sort,
    if(semantic = 'P', null, semantic) as semantics,
    cast(null as json) as extra
from stages, range(3) as t(category)
union all
select 100 + i, 'SOURCE', 'SOURCE_' || i, 'Source ' || i, i * 10, null, null from range(12) as t(i)
union all
select 200 + place, 'STATUS', code, code, place * 10, semantic, null
from (values (1, 'NEW', null), (2, 'IN_PROCESS', null), (3, 'CONVERTED', 'S'), (4, 'JUNK', 'F'))
    as t(place, code, semantic);

create table bitrix24.companies as
select i as id, part(i, 'owner', 200) + 1 as assigned_by_id, 'Company ' || i as title, 'EUR' as currency_id,
    some_day(i, 'made', 1500) as date_create, some_day(i, 'changed', 400) as date_modify
from range(1, {deals} // 10 + 1) as t(i);

create table bitrix24.contacts as
select i as id, part(i, 'company', {deals} // 10) + 1 as company_id, part(i, 'owner', 200) + 1 as assigned_by_id,
    'Name' || i as name, 'Last' || i as last_name, 'SOURCE_' || part(i, 'source', 12) as source_id,
    some_day(i, 'made', 1500) as date_create, some_day(i, 'changed', 400) as date_modify
from range(1, {deals} // 2 + 1) as t(i);

create table bitrix24.contact_points as
select 'contact' as owner_type, i as owner_id, i * 2 + kind as id, if(kind = 0, 'PHONE', 'EMAIL') as type_id,
    'WORK' as value_type,
    if(kind = 0, '+49 30 ' || (1000000 + part(i, 'phone', {deals} // 2)), 'mail' || part(i, 'mail', {deals} // 2) || '@x.test')
        as value
from range(1, {deals} // 2 + 1) as t(i), range(2) as k(kind);

create table bitrix24.leads as
select i as id, part(i, 'owner', 200) + 1 as assigned_by_id, 'Lead ' || i as title,
    'SOURCE_' || part(i, 'source', 12) as source_id, 'campaign' || part(i, 'utm', 40) as utm_campaign,
    case when part(i, 'utm', 3) = 0 then 'google' end as utm_source, 'cpc' as utm_medium,
    case part(i, 'state', 4) when 0 then 'NEW' when 1 then 'IN_PROCESS' when 2 then 'CONVERTED' else 'JUNK' end as status_id,
    case part(i, 'state', 4) when 2 then 'S' when 3 then 'F' else 'P' end as status_semantic_id,
    'EUR' as currency_id, cast(part(i, 'sum', 90000) as decimal(18, 2)) as opportunity,
    some_day(i, 'made', 1200) as date_create, some_day(i, 'changed', 300) as date_modify,
    case when part(i, 'state', 4) > 1 then some_day(i, 'changed', 300) end as date_closed
from range(1, {deals} // 5 + 1) as t(i);

create table paths as
select i as id, part(i, 'pipeline', 3) as category, 2 + i % 5 as visits, part(i, 'outcome', 10) as outcome,
    some_day(i, 'made', 1095) as made
from range(1, {deals} + 1) as t(i);

create table bitrix24.deal_stage_history as
with steps as (
    select paths.*, k,
        case when k < visits or outcome >= 7 then least(k, 5) when outcome < 4 then 6 else 7 end as place,
        made + to_seconds(cast((epoch(timestamptz '{as_of}') - epoch(made)) * (k - 1) / (visits + 1) as bigint)) as entered
    from paths, range(1, 7) as t(k)
    where k <= visits
)
select
    steps.id * 6 + steps.k as id, case when k = 1 then 1 when place > 5 then 3 else 2 end as type_id, steps.id as owner_id,
    category as category_id, if(category = 0, '', 'C' || category || ':') || stages.code as stage_id,
    stages.semantic as stage_semantic_id, entered as created_time, cast(null as timestamptz) as _deleted_at
from steps join stages using (place);

create table bitrix24.deals as
with last_visits as (
    select owner_id, max_by(stage_id, id) as stage_id, max_by(stage_semantic_id, id) as semantic, max(created_time) as moved
    from bitrix24.deal_stage_history group by owner_id
)
select paths.id, category as category_id, case when part(paths.id, 'lead', 5) = 0 then paths.id // 5 end as lead_id,
    case when part(paths.id, 'party', 3) > 0 then part(paths.id, 'company', {deals} // 10) + 1 end as company_id,
    part(paths.id, 'contact', {deals} // 2) + 1 as contact_id, part(paths.id, 'owner', 200) + 1 as assigned_by_id,
    part(paths.id, 'maker', 200) + 1 as created_by_id, 'Deal ' || paths.id as title,
    'SOURCE_' || part(paths.id, 'source', 12) as source_id,
    case when part(paths.id, 'utm', 3) = 0 then 'google' end as utm_source, 'cpc' as utm_medium,
    'campaign' || part(paths.id, 'utm', 40) as utm_campaign, stage_id, semantic as stage_semantic_id,
    case part(paths.id, 'currency', 10) when 0 then 'USD' when 1 then 'JPY' else 'EUR' end as currency_id,
    cast(part(paths.id, 'sum', 5000000) / 100 as decimal(18, 2)) as opportunity, part(paths.id, 'odds', 101) as probability,
    'N' as is_recurring, made as date_create, greatest(moved, some_day(paths.id, 'changed', 200)) as date_modify,
    moved as moved_time, strftime(some_day(paths.id, 'plan', 200) + interval '60 days', '%Y-%m-%dT03:00:00+03:00') as closedate,
    cast(null as timestamptz) as _deleted_at
from paths join last_visits on last_visits.owner_id = paths.id;

create table bitrix24.deal_contacts as
select id as deal_id, contact_id, 10 as sort, 'Y' as is_primary from bitrix24.deals;

create table bitrix24.product_rows as
select i as id, 'D' as owner_type, i as owner_id, part(i, 'product', 500) + 1 as product_id,
    'Product ' || part(i, 'product', 500) as product_name, cast(part(i, 'price', 90000) / 100 as decimal(18, 4)) as price,
    cast(1 + part(i, 'count', 5) as decimal(18, 4)) as quantity
from range(1, {deals} + 1) as t(i);

create table bitrix24.activities as
select i as id, 2 as owner_type_id, part(i, 'deal', {deals}) + 1 as owner_id, part(i, 'owner', 200) + 1 as responsible_id,
    part(i, 'kind', 6) + 1 as type_id, 'Activity ' || i as subject, part(i, 'way', 2) + 1 as direction,
    if(part(i, 'done', 4) > 0, 'Y', 'N') as completed, some_day(i, 'made', 900) as created,
    some_day(i, 'changed', 300) as last_updated, some_day(i, 'start', 300) as start_time, some_day(i, 'end', 300) as end_time,
    some_day(i, 'deadline', 300) + interval '20 days' as deadline
from range(1, {deals} + 1) as t(i);

create table bitrix24.calls as
select i as id, 'call.' || i as call_id, part(i, 'owner', 200) + 1 as portal_user_id, 'DEAL' as crm_entity_type,
    part(i, 'deal', {deals}) + 1 as crm_entity_id, if(part(i, 'met', 4) > 0, '200', '304') as call_failed_code,
    part(i, 'kind', 4) + 1 as call_type, part(i, 'length', 900) as call_duration, some_day(i, 'made', 900) as call_start_date
from range(1, {deals} // 5 + 1) as t(i);

create table bitrix24.tasks as
select i as id, part(i, 'owner', 200) + 1 as responsible_id, part(i, 'maker', 200) + 1 as created_by, 'Task ' || i as title,
    case when part(i, 'state', 10) < 7 then 5 else part(i, 'state', 5) + 2 end as status, part(i, 'weight', 3) as priority,
    some_day(i, 'made', 900) as created_date, some_day(i, 'made', 900) + interval '1 hour' as date_start,
    case when part(i, 'state', 10) < 7 then least(some_day(i, 'made', 900) + to_hours(part(i, 'took', 900)), timestamptz '{as_of}') end
        as closed_date,
    case when part(i, 'due', 4) > 0 then some_day(i, 'made', 900) + to_hours(part(i, 'due', 700) + 24) end as deadline,
    part(i, 'plan', 9) * 3600 as time_estimate, part(i, 'spent', 9) * 3000 as time_spent_in_logs,
    some_day(i, 'changed', 100) as changed_date
from range(1, {deals} // 2 + 1) as t(i);

create table bitrix24.task_time_entries as
select i as id, i as task_id, part(i, 'owner', 200) + 1 as user_id, part(i, 'spent', 9) * 3000 as seconds,
    some_day(i, 'made', 900) as created_date
from range(1, {deals} // 2 + 1) as t(i);

create table bitrix24.calendar_sections as
select i as id, i as owner_id, 'Calendar ' || i as name, 'user' as cal_type from range(1, 201) as t(i);

create table bitrix24.calendar_events as
with events as (
    select i as id, date_trunc('hour', some_day(i, 'made', 700)) as starts, part(i, 'kind', 20) = 0 as is_series
    from range(1, {deals} // 20 + 1) as t(i)
)
select id, id as parent_id, part(id, 'owner', 200) + 1 as section_id, 'user' as cal_type, part(id, 'owner', 200) + 1 as owner_id,
    'Event ' || id as name, case part(id, 'met', 3) when 0 then 'H' when 1 then 'Y' else 'N' end as meeting_status,
    true as is_meeting, 'N' as deleted, 'N' as dt_skip_time,
    strftime(timezone('Europe/Berlin', starts), '%d.%m.%Y %H:%M:%S') as date_from,
    cast(epoch(starts) as bigint) as date_from_ts_utc, cast(epoch(starts) as bigint) + 3600 as date_to_ts_utc,
    3600 as dt_length, 'Europe/Berlin' as tz_from, 'Europe/Berlin' as tz_to,
    cast(case when is_series then '{"FREQ":"WEEKLY","INTERVAL":1,"COUNT":20,"BYDAY":{"TU":"TU"}}' end as json) as rrule, '' as exdate,
    timestamptz '{as_of}' as _synced_at
from events;

create table bitrix24.disk_storages as
select i as id, i as entity_id, 'Drive ' || i as name, 'user' as entity_type from range(1, 201) as t(i);

create table bitrix24.disk_files as
select i as id, part(i, 'drive', 200) + 1 as storage_id, part(i, 'owner', 200) + 1 as created_by,
    'file' || i || '.' || case part(i, 'kind', 4) when 0 then 'pdf' when 1 then 'docx' when 2 then 'PNG' else 'xlsx' end as name,
    part(i, 'size', 9000000) as size, 0 as deleted_type, some_day(i, 'made', 900) as create_time,
    some_day(i, 'changed', 900) as update_time
from range(1, {deals} // 10 + 1) as t(i);

drop table stages;
drop table paths;
drop macro part;
drop macro some_day;
