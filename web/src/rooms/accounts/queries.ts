import { queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Signed } from "../sessions/queries";

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: ({ signal }) => body(api.GET("/v1/me/sessions", { signal })),
});

/** 412 when somebody was faster: then the newer version must be read and shown first. */
export async function saveName(name: string, etag: string): Promise<Signed> {
  const { data, response } = await api.PATCH("/v1/me", {
    params: { header: { "If-Match": etag } },
    body: { name },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
  if (!data) throw new Problem(0, { title: "The answer was empty." });
  return { me: data, etag: response.headers.get("etag") ?? "" };
}

export async function changePassword(current: string, next: string): Promise<void> {
  await api.POST("/v1/auth/password/change", { body: { current, new: next } });
}

export async function revokeSession(id: string): Promise<void> {
  await api.DELETE("/v1/me/sessions/{id}", { params: { path: { id } } });
}
