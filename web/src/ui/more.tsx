import { useEffect, useRef } from "react";
import { asProblem } from "../api/problem";
import { Button } from "./button";
import { Failure } from "./layout";
import styles from "./parts.module.css";

/** How far below what is seen the end of a list may be when the next page is asked for. */
const near = "0px 0px 800px 0px";

interface MoreProps {
  query: { hasNextPage: boolean; isFetching: boolean; isFetchingNextPage: boolean; isFetchNextPageError: boolean; error: Error | null; fetchNextPage: () => Promise<unknown> };
  /** "flags": what the next page has. */
  what: string;
  /** The next page comes when the end of the list comes near; the button is for whoever gets there otherwise. */
  isByItself?: boolean;
}

/** The end of a list of which there is more. */
export function More({ query, what, isByItself = false }: MoreProps) {
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetching, isFetchNextPageError: hasFailed, fetchNextPage } = query;
  useEffect(() => {
    if (!isByItself || !end.current || isFetching) return undefined;
    const observer = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && void fetchNextPage(), { rootMargin: near });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [isByItself, isFetching, hasNextPage, hasFailed, fetchNextPage]);
  if (!hasNextPage) return null;
  if (hasFailed) return <Failure what={`The next ${what} did not come.`} problem={asProblem(query.error)} retry={() => void fetchNextPage()} />;
  return (
    <div ref={end} className={styles.more}>
      <Button onPress={() => void fetchNextPage()} busy={query.isFetchingNextPage}>
        Load more
      </Button>
    </div>
  );
}
