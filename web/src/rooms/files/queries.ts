import { infiniteQueryOptions, type InfiniteData } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import type { StoredFile } from "../../api/types";

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

export async function deleteFile(id: string): Promise<void> {
  await api.DELETE("/v1/files/{id}", { params: { path: { id } } });
}

export function contentOf(file: StoredFile): string {
  return `/v1/files/${encodeURIComponent(file.id)}/content`;
}
