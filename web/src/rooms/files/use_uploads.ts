import { useCallback, useEffect, useReducer, useRef } from "react";
import { cache } from "../../api/cache";
import { filesQuery, type FilesData } from "./queries";
import { withFile } from "./state";
import { isOpen, newUpload, send, startable, uploads, type Step, type Upload } from "./upload";

export interface Uploads {
  list: readonly Upload[];
  add: (files: readonly File[]) => void;
  cancel: (id: number) => void;
  again: (id: number) => void;
  clear: () => void;
}

/** Lives in the page: whoever leaves it is asked first while bytes are on their way. */
export function useUploads(): Uploads {
  const [list, tell] = useReducer(uploads, []);
  const bodies = useRef(new Map<number, File>());
  const stops = useRef(new Map<number, () => void>());

  const told = useCallback((step: Step) => {
    if (step.kind === "stored") {
      cache.setQueryData(filesQuery.queryKey, (data: FilesData | undefined) => withFile(data, step.file));
    }
    if (step.kind === "stored" || step.kind === "failed" || step.kind === "cancelled") stops.current.delete(step.id);
    tell(step);
  }, []);

  useEffect(() => {
    for (const upload of startable(list)) {
      const file = bodies.current.get(upload.id);
      if (file && !stops.current.has(upload.id)) stops.current.set(upload.id, send(upload, file, told));
    }
  }, [list, told]);

  useEffect(() => {
    if (!list.some(isOpen)) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [list]);

  const add = useCallback((files: readonly File[]) => {
    const made = files.map((file) => {
      const upload = newUpload(file);
      bodies.current.set(upload.id, file);
      return upload;
    });
    tell({ kind: "added", uploads: made });
  }, []);

  const cancel = useCallback(
    (id: number) => {
      const stop = stops.current.get(id);
      if (stop) stop();
      else told({ kind: "cancelled", id });
    },
    [told],
  );

  const again = useCallback((id: number) => tell({ kind: "again", id }), []);
  const clear = useCallback(() => tell({ kind: "cleared" }), []);
  return { list, add, cancel, again, clear };
}
