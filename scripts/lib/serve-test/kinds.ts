// Reads and writes every kind of column by openapi-fetch, with the types that openapi-typescript has made.

import createClient from "openapi-fetch";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { components, paths } from "./schema.js";

type New = components["schemas"]["stats.kinds_new"];
type Row = components["schemas"]["stats.kinds"];

const [, , url, file] = process.argv;
const rows: New[] = JSON.parse(readFileSync(file, "utf8"));
const client = createClient<paths>({ baseUrl: url });

function check(what: string, status: number, wanted: number): void {
  if (status !== wanted) {
    throw new Error(`${what}: ${status} instead of ${wanted}`);
  }
}

function same(what: string, got: Row | Row[] | undefined, wanted: Partial<New>): void {
  const row = Array.isArray(got) ? got[0] : got;
  for (const [column, value] of Object.entries(wanted)) {
    const found = row?.[column as keyof Row];
    if (!isDeepStrictEqual(found, value)) {
      throw new Error(`${what}: column ${column} is ${JSON.stringify(found)} instead of ${JSON.stringify(value)}`);
    }
  }
}

for (const row of rows) {
  const path = { a: row.a, b: row.b };
  const added = await client.POST("/stats.kinds/", { body: row });
  check("post", added.response.status, 201);
  same("post", added.data, row);
  const read = await client.GET("/stats.kinds/{a},{b}/", { params: { path } });
  check("get", read.response.status, 200);
  same("get", read.data, row);
  const listed = await client.GET("/stats.kinds/", { params: { query: { a: row.a, "b.in": `${row.b}`, count: "exact" } } });
  check("list", listed.response.status, 200);
  same("list", listed.data as Row[], row);
  const tag = read.response.headers.get("etag") ?? "";
  const header = { "If-Match": tag };
  const changed = await client.PATCH("/stats.kinds/{a},{b}/", { params: { path, header }, body: { k_int: 5 } });
  same("patch", changed.data, { ...row, k_int: 5 });
  const stale = await client.PATCH("/stats.kinds/{a},{b}/", { params: { path, header }, body: { k_int: 6 } });
  check("stale patch", stale.response.status, 412);
  if (stale.error?.status !== 412) {
    throw new Error("the problem is not read");
  }
  const replaced = await client.PUT("/stats.kinds/{a},{b}/", { params: { path }, body: { ...row, k_int: 8 } });
  same("put", replaced.data, { ...row, k_int: 8 });
  const deleted = await client.DELETE("/stats.kinds/{a},{b}/", { params: { path } });
  check("delete", deleted.response.status, 204);
}
console.log(`test ${rows.length} rows by openapi-fetch ... ok`);
