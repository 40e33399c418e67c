import { Outlet, createRootRoute, createRoute, createRouter, lazyRouteComponent, notFound, redirect, rootRouteId } from "@tanstack/react-router";
import { cache } from "../api/cache";
import { asProblem } from "../api/problem";
import { usersQuery } from "../rooms/accounts/access_queries";
import { auditQuery } from "../rooms/audit/queries";
import { filterOf, type Filter } from "../rooms/audit/state";
import { currentQuery, deploymentQuery, deploymentsQuery, fleetQuery } from "../rooms/deploy/queries";
import { viewOf, type View } from "../rooms/deploy/state";
import { environmentsQuery, flagQuery, segmentsQuery } from "../rooms/flags/queries";
import { searchOf as flagSearchOf, type Search as FlagSearch } from "../rooms/flags/state";
import { filesQuery } from "../rooms/files/queries";
import { problemIn } from "../rooms/identities/words";
import { mailboxQuery } from "../rooms/mail/queries";
import { invitationsQuery, membersQuery, organizationsQuery } from "../rooms/organizations/queries";
import { mayInvite } from "../rooms/organizations/rules";
import { causesQuery, jobQuery, jobsQuery, queuesQuery } from "../rooms/queues/queries";
import { filterOf as jobFilterOf, searchOf, sideOf, type JobSearch } from "../rooms/queues/state";
import { nodesQuery } from "../rooms/nodes/queries";
import { isAdministrator, maySeeNodes, meQuery } from "../rooms/sessions/queries";
import { scheduleQuery, schedulesQuery } from "../rooms/schedules/queries";
import { serviceAccountsQuery, signingKeysQuery } from "../rooms/tokens/queries";
import { webhookQuery, webhooksQuery } from "../rooms/webhooks/queries";
import { Toasts } from "../ui/toast";
import { NotFound, NowhereOutside, PageFailure, Waiting } from "./fallbacks";
import { OfPlatform } from "./of_platform";
import { safeNext } from "./next";
import { Shell } from "./shell";

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Toasts />
    </>
  ),
  notFoundComponent: NowhereOutside,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { next?: string; problem?: string } => {
    const next = safeNext(search.next);
    const problem = problemIn(search.problem);
    return { ...(next !== undefined && { next }), ...(problem !== undefined && { problem }) };
  },
  component: lazyRouteComponent(() => import("../rooms/sessions/sign_in_page"), "SignInPage"),
});

const signInLink = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/link",
  component: lazyRouteComponent(() => import("../rooms/sessions/sign_in_link_page"), "SignInLinkPage"),
});

const signUp = createRoute({
  getParentRoute: () => root,
  path: "/sign-up",
  component: lazyRouteComponent(() => import("../rooms/sessions/sign_up_page"), "SignUpPage"),
});

const verify = createRoute({
  getParentRoute: () => root,
  path: "/verify",
  component: lazyRouteComponent(() => import("../rooms/sessions/verify_page"), "VerifyPage"),
});

const forgot = createRoute({
  getParentRoute: () => root,
  path: "/forgot",
  component: lazyRouteComponent(() => import("../rooms/sessions/forgot_page"), "ForgotPage"),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  component: lazyRouteComponent(() => import("../rooms/sessions/reset_page"), "ResetPage"),
});

const invite = createRoute({
  getParentRoute: () => root,
  path: "/invite",
  component: lazyRouteComponent(() => import("../rooms/organizations/invite_page"), "InvitePage"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ location, matches }) => {
    try {
      const signed = await cache.ensureQueryData(meQuery);
      return { me: signed.me };
    } catch (error) {
      if (asProblem(error).status !== 401) throw error;
      // To sign in first would help nobody: there is no page to come back to.
      if (matches.some((match) => match.fullPath === "/$")) throw notFound({ routeId: rootRouteId });
      const next = safeNext(location.href);
      throw redirect({ to: "/sign-in", search: next === undefined || next === "/" ? {} : { next } });
    }
  },
  component: Shell,
  pendingComponent: Waiting,
  errorComponent: PageFailure,
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: "/",
  loader: ({ context }) => {
    if (maySeeNodes(context.me)) void cache.prefetchQuery(nodesQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/nodes/overview_page"), "OverviewPage"),
});

const files = createRoute({
  getParentRoute: () => shell,
  path: "/files",
  loader: () => {
    void cache.prefetchInfiniteQuery(filesQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/files/files_page"), "FilesPage"),
});

const organization = createRoute({
  getParentRoute: () => shell,
  path: "/organization",
  loader: ({ context: { me } }) => {
    void cache.prefetchInfiniteQuery(membersQuery(me.org.id));
    void cache.prefetchQuery(organizationsQuery);
    if (!mayInvite(me.org.role)) return;
    void cache.prefetchInfiniteQuery(invitationsQuery(me.org.id));
    void cache.prefetchInfiniteQuery(serviceAccountsQuery(me.org.id));
  },
  component: lazyRouteComponent(() => import("../rooms/organizations/organization_page"), "OrganizationPage"),
});

const webhooks = createRoute({
  getParentRoute: () => shell,
  path: "/webhooks",
  loader: ({ context: { me } }) => {
    if (mayInvite(me.org.role)) void cache.prefetchQuery(webhooksQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/webhooks/webhooks_page"), "WebhooksPage"),
});

const webhook = createRoute({
  getParentRoute: () => shell,
  path: "/webhooks/$id",
  loader: ({ context: { me }, params }) => {
    if (mayInvite(me.org.role)) void cache.prefetchQuery(webhookQuery(params.id));
  },
  component: lazyRouteComponent(() => import("../rooms/webhooks/webhook_page"), "WebhookPage"),
});

const jobs = createRoute({
  getParentRoute: () => shell,
  path: "/jobs",
  validateSearch: (search): { side?: "platform" } => sideOf(search),
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => {
    const side = deps.side ?? "organization";
    void cache.prefetchQuery(queuesQuery(side));
    void cache.prefetchQuery(causesQuery(side));
  },
  component: lazyRouteComponent(() => import("../rooms/queues/queues_page"), "QueuesPage"),
});

const jobSearch = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/search",
  validateSearch: (search): JobSearch => searchOf(search),
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => {
    void cache.prefetchInfiniteQuery(jobsQuery(deps.side ?? "organization", jobFilterOf(deps)));
  },
  component: lazyRouteComponent(() => import("../rooms/queues/jobs_page"), "JobsPage"),
});

const deadJobs = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/dead",
  validateSearch: (search): { side?: "platform" } => sideOf(search),
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => {
    const side = deps.side ?? "organization";
    void cache.prefetchQuery(queuesQuery(side));
    void cache.prefetchQuery(causesQuery(side));
  },
  component: lazyRouteComponent(() => import("../rooms/queues/dead_page"), "DeadPage"),
});

const job = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/$id",
  validateSearch: (search): { side?: "platform" } => sideOf(search),
  loaderDeps: ({ search }) => search,
  loader: ({ params, deps }) => {
    void cache.prefetchQuery(jobQuery(deps.side ?? "organization", params.id));
  },
  component: lazyRouteComponent(() => import("../rooms/queues/job_page"), "JobPage"),
});

const schedules = createRoute({
  getParentRoute: () => shell,
  path: "/schedules",
  loader: () => {
    void cache.prefetchQuery(schedulesQuery("organization"));
  },
  component: lazyRouteComponent(() => import("../rooms/schedules/schedules_page"), "SchedulesPage"),
});

const schedule = createRoute({
  getParentRoute: () => shell,
  path: "/schedules/$name",
  validateSearch: (search): { of?: "platform" } => (search.of === "platform" ? { of: "platform" } : {}),
  loaderDeps: ({ search: { of } }) => ({ of }),
  loader: ({ params, deps }) => {
    void cache.prefetchQuery(scheduleQuery(deps.of ?? "organization", params.name));
  },
  component: lazyRouteComponent(() => import("../rooms/schedules/schedule_page"), "SchedulePage"),
});

const platform = createRoute({ getParentRoute: () => shell, id: "platform", component: OfPlatform });

const releases = createRoute({
  getParentRoute: () => platform,
  path: "/releases",
  validateSearch: (search): { state?: View } => {
    const state = viewOf(search.state);
    return state === undefined ? {} : { state };
  },
  loaderDeps: ({ search: { state } }) => ({ state }),
  loader: ({ context, deps }) => {
    if (!maySeeNodes(context.me)) return;
    void cache.prefetchInfiniteQuery(deploymentsQuery(deps.state));
    void cache.prefetchQuery(currentQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/deploy/releases_page"), "ReleasesPage"),
});

const release = createRoute({
  getParentRoute: () => platform,
  path: "/releases/$id",
  loader: ({ context, params }) => {
    if (maySeeNodes(context.me)) void cache.prefetchQuery(deploymentQuery(params.id));
  },
  component: lazyRouteComponent(() => import("../rooms/deploy/release_page"), "ReleasePage"),
});

const fleet = createRoute({
  getParentRoute: () => platform,
  path: "/fleet",
  loader: ({ context }) => {
    if (maySeeNodes(context.me)) void cache.prefetchQuery(fleetQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/deploy/fleet_page"), "FleetPage"),
});

const audit = createRoute({
  getParentRoute: () => platform,
  path: "/audit",
  validateSearch: (search): Filter => filterOf(search),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => {
    if (maySeeNodes(context.me)) void cache.prefetchInfiniteQuery(auditQuery(deps));
  },
  component: lazyRouteComponent(() => import("../rooms/audit/audit_page"), "AuditPage"),
});

const access = createRoute({
  getParentRoute: () => platform,
  path: "/access",
  loader: ({ context }) => {
    if (!maySeeNodes(context.me)) return;
    void cache.prefetchInfiniteQuery(usersQuery);
    void cache.prefetchQuery(signingKeysQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/accounts/access_page"), "AccessPage"),
});

const mailbox = createRoute({
  getParentRoute: () => platform,
  path: "/mailbox",
  loader: ({ context }) => {
    if (isAdministrator(context.me)) void cache.prefetchInfiniteQuery(mailboxQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/mail/mailbox_page"), "MailboxPage"),
});

const flags = createRoute({
  getParentRoute: () => platform,
  path: "/settings/flags",
  validateSearch: (search): FlagSearch => flagSearchOf(search),
  loader: ({ context }) => {
    if (maySeeNodes(context.me)) void cache.prefetchQuery(environmentsQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/flags/flags_page"), "FlagsPage"),
});

const flag = createRoute({
  getParentRoute: () => platform,
  path: "/settings/flags/$key/{-$tab}",
  validateSearch: (search): { environment?: string } => {
    const { environment } = flagSearchOf(search);
    return environment === undefined ? {} : { environment };
  },
  loader: ({ context, params }) => {
    if (!maySeeNodes(context.me)) return;
    void cache.prefetchQuery(environmentsQuery);
    void cache.prefetchQuery(flagQuery(params.key));
  },
  component: lazyRouteComponent(() => import("../rooms/flags/flag_page"), "FlagPage"),
});

const segments = createRoute({
  getParentRoute: () => platform,
  path: "/settings/segments",
  loader: ({ context }) => {
    if (maySeeNodes(context.me)) void cache.prefetchQuery(segmentsQuery);
  },
  component: lazyRouteComponent(() => import("../rooms/flags/segments_page"), "SegmentsPage"),
});

const me = createRoute({
  getParentRoute: () => shell,
  path: "/me",
  validateSearch: (search): { problem?: string } => {
    const problem = problemIn(search.problem);
    return problem === undefined ? {} : { problem };
  },
  component: lazyRouteComponent(() => import("../rooms/accounts/account_page"), "AccountPage"),
});

const device = createRoute({
  getParentRoute: () => shell,
  path: "/device",
  component: lazyRouteComponent(() => import("../rooms/tokens/device_page"), "DevicePage"),
});

const unknown = createRoute({ getParentRoute: () => shell, path: "$", component: NotFound });

export const router = createRouter({
  routeTree: root.addChildren([signIn, signInLink, signUp, verify, forgot, reset, invite, shell.addChildren([overview, platform.addChildren([releases, release, fleet, audit, access, mailbox, flags, flag, segments]), files, organization, webhooks, webhook, jobs, jobSearch, deadJobs, job, schedules, schedule, me, device, unknown])]),
  defaultPreload: "intent",
  defaultPendingMs: 150,
  defaultPendingMinMs: 0,
  defaultErrorComponent: PageFailure,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
