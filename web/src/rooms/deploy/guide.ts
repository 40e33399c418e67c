// The sentences of the deployment guide that the parts of a release carry out.

export const guide = {
  canary: { mark: "§6", sentence: "Deploy to the canary node, which receives 5 % of the traffic." },
  judge: { mark: "§7", sentence: "The canary runs 10 minutes while checks monitor error rates, latency and resource usage." },
  roll: { mark: "§8", sentence: "If all checks pass, promote to all remaining nodes with a rolling update." },
  drain: { mark: "§9", sentence: "Each node is drained of active connections before the new image is started." },
  smoke: { mark: "§10", sentence: "After all nodes are updated, run a smoke test suite against the production endpoint." },
  record: { mark: "§11", sentence: "If smoke passes, mark the deployment successful and record the current release." },
  back: { mark: "§12", sentence: "If any step fails, automatically roll back to the previous known-good image." },
  watch: { mark: "§", sentence: "A rollback triggers if the error rate exceeds 5 % during canary or the first 15 minutes after full rollout." },
  manual: { mark: "§", sentence: "Manual: acme deploy rollback --to the commit. It completes in under 3 minutes for a cluster of six nodes." },
  migrate: { mark: "§", sentence: "Migrations are backward-compatible, so rollbacks do not require schema changes." },
} as const;

export type GuideKey = keyof typeof guide;
