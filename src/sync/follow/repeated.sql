-- The cursor $1, a timestamp without time zone, or an hour before it, if it lies in an hour that the end of summer time repeats: in the
-- zone $2, or in one of each rule of summer time that is in use.
SELECT CASE WHEN EXISTS (
           SELECT FROM unnest(ARRAY[
               $2::text, 'Europe/Berlin', 'Europe/London', 'Europe/Athens', 'Atlantic/Azores', 'America/New_York', 'America/Havana',
               'America/Santiago', 'Africa/Cairo', 'Africa/Casablanca', 'Asia/Beirut', 'Asia/Jerusalem', 'Australia/Sydney',
               'Pacific/Auckland', 'Pacific/Chatham']) zone
           WHERE (c AT TIME ZONE zone - interval '1 hour') AT TIME ZONE zone >= c
              OR (c AT TIME ZONE zone + interval '1 hour') AT TIME ZONE zone <= c)
       THEN c - interval '1 hour' ELSE c END::text
FROM (VALUES ($1::text::timestamp)) v (c)
