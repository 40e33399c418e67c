import { useQuery } from "@tanstack/react-query";
import { personQuery } from "./access_queries";

/** What a user is called; the end of the id for whoever may not know, and until it is known. */
export function Person({ id }: { id: string }) {
  const { data } = useQuery(personQuery(id));
  return data ? <span title={data.email}>{data.name}</span> : <code title={id}>{`usr_…${id.slice(-6)}`}</code>;
}
