// Which rows are shown. Pure. Lists never jump: what others add waits until it is asked for, what
// they delete stays as a struck-out row while somebody points at the list.

import type { Message } from "../../api/live";
import type { StoredFile } from "../../api/types";
import type { FilesData } from "./queries";

export function rowsOf(data: FilesData | undefined): StoredFile[] {
  const seen = new Set<string>();
  return (data?.pages ?? []).flatMap((page) => page.data).filter((file) => !seen.has(file.id) && seen.add(file.id));
}

export function withFile(data: FilesData | undefined, file: StoredFile): FilesData | undefined {
  if (!data || rowsOf(data).some((each) => each.id === file.id)) return data;
  const [first, ...rest] = data.pages;
  return first ? { ...data, pages: [{ ...first, data: [file, ...first.data] }, ...rest] } : data;
}

export function withoutFile(data: FilesData | undefined, id: string): FilesData | undefined {
  return data && { ...data, pages: data.pages.map((page) => ({ ...page, data: page.data.filter((file) => file.id !== id) })) };
}

export function withName(data: FilesData | undefined, { id, name }: StoredFile): FilesData | undefined {
  return data && { ...data, pages: data.pages.map((page) => ({ ...page, data: page.data.map((file) => (file.id === id ? { ...file, name } : file)) })) };
}

/** Ids that came or went by others' hands and are not shown yet. */
export interface Waiting {
  created: readonly string[];
  deleted: readonly string[];
}

export const nothing: Waiting = { created: [], deleted: [] };

export function waiting(state: Waiting, message: Message, shown: readonly StoredFile[]): Waiting {
  const { id, verb } = message;
  if (verb === "created") {
    if (state.created.includes(id) || shown.some((file) => file.id === id)) return state;
    return { ...state, created: [...state.created, id] };
  }
  if (verb === "deleted") {
    const created = state.created.filter((each) => each !== id);
    if (!shown.some((file) => file.id === id) || state.deleted.includes(id)) return created.length === state.created.length ? state : { ...state, created };
    return { created, deleted: [...state.deleted, id] };
  }
  return state;
}

/** More of a text is not shown. */
export const text_bytes_max = 64 * 1024;
const image_bytes_max = 20 * 1024 * 1024;
const images = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"];

/** As what a file can be shown on the page, if it can. */
export function previewOf({ content_type, size }: StoredFile): "image" | "text" | undefined {
  const [type = ""] = content_type.toLowerCase().split(";");
  if (images.includes(type.trim()) && size <= image_bytes_max) return "image";
  return type.startsWith("text/") || type.trim() === "application/json" ? "text" : undefined;
}
