import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import type { AuditEntry } from "../../api/types";
import type { Filter } from "./state";

const page_size = 50;

export interface AuditPage {
  data: AuditEntry[];
  next_cursor: string | null;
}

export function auditQuery(filter: Filter) {
  return infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: async ({ pageParam, signal }): Promise<AuditPage> => {
      const query = { limit: page_size, ...filter, ...(pageParam ? { cursor: pageParam } : {}) };
      const page = await body(api.GET("/v1/audit", { params: { query }, signal }));
      return { data: page.data, next_cursor: page.next_cursor ?? null };
    },
    initialPageParam: "",
    getNextPageParam: (page: AuditPage) => page.next_cursor ?? undefined,
  });
}
