import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import type { Mail } from "../../api/types";

const page_size = 20;
const look_again_ms = 5_000;

export interface MailPage {
  data: Mail[];
  next_cursor: string | null;
}

export const mailboxQuery = infiniteQueryOptions({
  queryKey: ["mailbox"],
  queryFn: async ({ pageParam, signal }): Promise<MailPage> => {
    const page = await body(api.GET("/v1/mailbox", { params: { query: { limit: page_size, ...(pageParam ? { cursor: pageParam } : {}) } }, signal }));
    return { data: page.data, next_cursor: page.next_cursor ?? null };
  },
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor ?? undefined,
  refetchInterval: look_again_ms,
});
