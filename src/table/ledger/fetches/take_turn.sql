-- Takes a turn of the limit $1, of which $2 count at the same time, each until $3 seconds after its end, or $4 seconds after its
-- start if it has no end. Gives its number, or the seconds until one of the others no longer counts.
WITH counted AS (
    SELECT coalesce(ended_at, started_at + make_interval(secs => $4)) + make_interval(secs => $3) AS until, turn
    FROM pghaul.fetch_turns
    WHERE share = $1
), gone AS (
    DELETE FROM pghaul.fetch_turns t USING counted c WHERE t.turn = c.turn AND c.until <= clock_timestamp()
), still AS (
    SELECT until FROM counted WHERE until > clock_timestamp()
), taken AS (
    INSERT INTO pghaul.fetch_turns (share)
    SELECT $1 WHERE (SELECT count(*) FROM still) < $2
    RETURNING turn
)
SELECT (SELECT turn FROM taken),
       (SELECT extract(epoch FROM min(until) - clock_timestamp())::float8 FROM still)
