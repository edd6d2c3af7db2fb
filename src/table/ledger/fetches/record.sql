-- Records requests of the job $1: $2 ids, $3 pages, $4 numbers, $5 status, $6 HTTP status, $7 request
-- objects, $8 rows, $9 rejected rows, $10 bytes, $11 rows of earlier pages, $12 next pages, $13 errors, $14 starts of bodies,
-- $15 bodies for the next pages, $16 items before them, $17 items of all pages.
INSERT INTO pghaul.fetches (job, request, page, number, status, http_status, object, rows, rows_rejected, bytes,
                            rows_before, next_page, error, body_start, next_body, next_items_before, next_total)
SELECT $1, r.request::uuid, r.page, r.number, r.status, r.http_status, r.object, r.rows, r.rows_rejected, r.bytes,
       r.rows_before, r.next_page, r.error, r.body_start, r.next_body, r.next_items_before, r.next_total
FROM unnest($2::text[], $3::int[], $4::bigint[], $5::text[], $6::int[], $7::text[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[], $17::bigint[])
     AS r (request, page, number, status, http_status, object, rows, rows_rejected, bytes, rows_before, next_page, error,
           body_start, next_body, next_items_before, next_total)
ON CONFLICT (job, request, page) DO UPDATE SET
    number = excluded.number, status = excluded.status, http_status = excluded.http_status, rows = excluded.rows,
    rows_rejected = excluded.rows_rejected, bytes = excluded.bytes, rows_before = excluded.rows_before,
    next_page = excluded.next_page, error = excluded.error, body_start = excluded.body_start,
    next_body = excluded.next_body, next_items_before = excluded.next_items_before, next_total = excluded.next_total,
    fetched_at = excluded.fetched_at
