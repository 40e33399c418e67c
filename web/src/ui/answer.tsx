import type { ReactNode } from "react";
import { asProblem } from "../api/problem";
import { Failure, Skeleton } from "./layout";
import styles from "./layout.module.css";

export interface AnswerProps<T> {
  /** A next page that did not come is told of at the end of the list, by More. */
  query: { data: T | undefined; error: Error | null; isFetchNextPageError?: boolean; refetch: () => unknown };
  /** What did not happen when it fails: "The releases did not come." */
  failure: string;
  /** As many grey blocks as there will be rows, of their height. */
  rows?: number;
  height?: number;
  children: (data: T) => ReactNode;
}

/** A card's question to the API: blocks until the answer comes, why it did not with a way to ask again, and what is known by now. */
export function Answer<T>({ query, failure, rows = 4, height = 28, children }: AnswerProps<T>) {
  const { data, refetch } = query;
  const error = query.isFetchNextPageError ? null : query.error;
  return (
    <>
      {error && <Failure what={failure} problem={asProblem(error)} retry={() => void refetch()} />}
      {data === undefined && !error && (
        <div className={styles.loading} aria-busy="true">
          {Array.from({ length: rows }, (_, index) => (
            <Skeleton key={index} height={height} />
          ))}
        </div>
      )}
      {data !== undefined && children(data)}
    </>
  );
}
