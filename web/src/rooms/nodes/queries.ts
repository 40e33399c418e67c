import { queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";

export const nodesQuery = queryOptions({
  queryKey: ["nodes"],
  queryFn: ({ signal }) => body(api.GET("/v1/nodes", { signal })),
});
