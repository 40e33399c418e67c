import { infiniteQueryOptions, queryOptions, type InfiniteData } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { Problem } from "../../api/problem";
import type { FileLink, StoredFile, Usage } from "../../api/types";

const page_size = 50;

export interface FilesPage {
  data: StoredFile[];
  next_cursor: string | null;
}

export const filesQuery = infiniteQueryOptions({
  queryKey: ["files"],
  queryFn: async ({ pageParam, signal }): Promise<FilesPage> => {
    const page = await body(api.GET("/v1/files", { params: { query: { limit: page_size, ...(pageParam ? { cursor: pageParam } : {}) } }, signal }));
    return { data: page.data, next_cursor: page.next_cursor ?? null };
  },
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export type FilesData = InfiniteData<FilesPage, unknown>;

export const usageQuery = (org: string) =>
  queryOptions({
    queryKey: ["usage", org],
    queryFn: ({ signal }): Promise<Usage> => body(api.GET("/v1/orgs/{org}/usage", { params: { path: { org } }, signal })),
  });

export async function deleteFile(id: string): Promise<void> {
  await api.DELETE("/v1/files/{id}", { params: { path: { id } } });
}

export function makeLink(id: string, ttl_seconds: number): Promise<FileLink> {
  return body(api.POST("/v1/files/{id}/links", { params: { path: { id } }, body: { ttl_seconds } }));
}

/** Of the version that is there now, unless it has got another name since it was shown. */
export async function renameFile(file: StoredFile, name: string): Promise<StoredFile> {
  const path = { id: file.id };
  const { data, response } = await api.GET("/v1/files/{id}", { params: { path } });
  if (data?.name !== file.name) throw new Problem(412, { title: "Renamed meanwhile", detail: `It is called ${data?.name ?? "something else"} by now.` });
  const etag = response.headers.get("etag") ?? "";
  return body(api.PATCH("/v1/files/{id}", { params: { path, header: { "If-Match": etag } }, body: { name }, headers: { "Content-Type": "application/merge-patch+json" } }));
}

export function contentOf(file: StoredFile): string {
  return `/v1/files/${encodeURIComponent(file.id)}/content`;
}
