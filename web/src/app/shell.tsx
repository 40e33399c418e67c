import { Link, Outlet, useLocation, useRouteContext } from "@tanstack/react-router";
import { Menu, Moon, Search, Sun } from "lucide-react";
import { Suspense, lazy, useContext, useEffect, useMemo, useRef, useState } from "react";
import { Button as AriaButton, Modal, ModalOverlay, Dialog } from "react-aria-components";
import { useQuery } from "@tanstack/react-query";
import { SessionDialog } from "../rooms/sessions/session_dialog";
import { isAdministrator, maySeeNodes, meQuery } from "../rooms/sessions/queries";
import { IconButton } from "../ui/button";
import { shortOf } from "../ui/format";
import { DeployFeed, useRunning } from "../rooms/deploy/feed";
import { deploymentQuery } from "../rooms/deploy/queries";
import { stateOf } from "../rooms/deploy/state";
import { NodesFeed } from "../rooms/nodes/feed";
import { Clock } from "./clock";
import { LiveProvider } from "../ui/live_context";
import { Logo } from "../ui/logo";
import { Palette } from "./palette";
import { account, groupsOf, pageAt, Pages, pagesFor, paletteKeys } from "./pages";
import { setPreferences, useIsDark } from "../ui/preferences";
import { ReleaseNotice } from "./release_notice";
import { useKeys } from "./keys";
import { Vitals } from "./vitals";
import styles from "./shell.module.css";

const KeysDialog = lazy(async () => ({ default: (await import("./keys_dialog")).KeysDialog }));

export function Shell() {
  const { me } = useRouteContext({ from: "/shell" });
  const { data: signed } = useQuery(meQuery);
  const { pathname } = useLocation();
  const [isOpen, setOpen] = useState(false);
  const [palette, setPalette] = useState(false);
  const [keys, setKeys] = useState(false);
  const sees = maySeeNodes(me);
  const topics = useMemo(() => (sees ? ["nodes", "files", "organizations", "deployments", "users", "flags"] : ["files", "organizations"]), [sees]);
  const administers = isAdministrator(me);
  const pages = useMemo(() => pagesFor(sees, administers), [sees, administers]);
  const page = pageAt(pathname);
  useKeys(pages, { openPalette: () => setPalette(true), showKeys: () => setKeys(true) });
  const before = useRef(pathname);
  useEffect(() => {
    setOpen(false);
    // A screen reader goes on where the new page begins; the first page is read by itself.
    if (before.current !== pathname) document.getElementById("main")?.focus({ preventScroll: true });
    before.current = pathname;
  }, [pathname]);
  useEffect(() => {
    document.title = `${page?.name ?? "Not found"} · Acme`;
  }, [page]);
  const search = () => {
    setOpen(false);
    setPalette(true);
  };
  return (
    <LiveProvider topics={topics}>
      <Pages value={pages}>
      {sees && <NodesFeed />}
      {sees && <DeployFeed />}
      <a href="#main" className={styles.skip}>
        Skip to content
      </a>
      <div className={styles.shell}>
        <aside className={styles.sidebar}>
          <Navigation name={signed?.me.name || me.email} role={roleOf(me.platform_role, me.org.role)} onSearch={search} />
        </aside>
        <header className={styles.bar}>
          <span className={styles.opener}>
            <IconButton label="Open navigation" onPress={() => setOpen(true)}>
              <Menu size={18} aria-hidden="true" />
            </IconButton>
          </span>
          <span className={styles.here}>
            {page && page.to !== pathname ? (
              <>
                <Link to={page.to}>{page.name}</Link>
                <span aria-hidden="true">›</span>
                <Crumb id={crumbOf(pathname, page.to)} />
              </>
            ) : (
              (page?.name ?? "Not found")
            )}
          </span>
          {sees && <Vitals />}
          <Clock />
          <ThemeSwitch />
        </header>
        <main id="main" className={styles.main} tabIndex={-1}>
          <ReleaseNotice />
          <Outlet />
        </main>
      </div>
      <ModalOverlay className={styles.veil} isOpen={isOpen} onOpenChange={setOpen} isDismissable>
        <Modal className={styles.drawer}>
          <Dialog aria-label="Navigation" className={styles.drawerDialog}>
            <Navigation name={signed?.me.name || me.email} role={roleOf(me.platform_role, me.org.role)} onSearch={search} />
          </Dialog>
        </Modal>
      </ModalOverlay>
      <Palette isOpen={palette} onClose={() => setPalette(false)} onKeys={() => setKeys(true)} />
      {keys && (
        <Suspense>
          <KeysDialog onClose={() => setKeys(false)} />
        </Suspense>
      )}
      {signed && <SessionDialog signed={signed} />}
      </Pages>
    </LiveProvider>
  );
}

function roleOf(platform: string | null | undefined, org: string): string {
  const word = platform ?? org;
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** What of the page it is: the part of the address behind the page's own. */
function crumbOf(pathname: string, page: string): string {
  const [first = ""] = (pathname.startsWith(`${page}/`) ? pathname.slice(page.length + 1) : (pathname.split("/").at(-1) ?? "")).split("/");
  return first;
}

/** The release that a deployment brings; until that is known, the end of its id. What is no id is a word. */
function Crumb({ id }: { id: string }) {
  const { data } = useQuery({ ...deploymentQuery(id), enabled: false });
  const named = /^[a-z]{3}_[0-9a-z]{13,}$/.test(id) ? `…${id.slice(-6)}` : id;
  return <span>{data ? shortOf(data.release) : named}</span>;
}

/** What goes on, beside the name of the page that tells of it. */
function Running() {
  const running = useRunning();
  return running ? <span className={styles.pageNote}>{stateOf(running).word}</span> : null;
}

function Navigation({ name, role, onSearch }: { name: string; role: string; onSearch: () => void }) {
  const pages = useContext(Pages);
  return (
    <>
      <div className={styles.brand}>
        <Logo size={22} />
        <span>acme</span>
      </div>
      <AriaButton className={styles.search} onPress={onSearch}>
        <Search size={14} aria-hidden="true" />
        <span>Go to or run</span>
        <kbd>{paletteKeys}</kbd>
      </AriaButton>
      <nav aria-label="Pages" className={styles.pages}>
        {groupsOf(pages).map((group) => (
          <div key={group.name ?? ""} className={styles.group}>
            {group.name && <div className={styles.groupName}>{group.name}</div>}
            <ul>
              {group.pages.map((page) => (
                <li key={page.to}>
                  <Link to={page.to} className={styles.page} activeOptions={{ exact: page.to === "/", includeSearch: false }} activeProps={{ "aria-current": "page" }}>
                    <page.icon size={15} aria-hidden="true" />
                    {page.name}
                    {page.to === "/releases" && <Running />}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <Link to={account.to} className={styles.person} activeProps={{ "aria-current": "page" }}>
        <span className={styles.avatar} aria-hidden="true">
          {initials(name)}
        </span>
        <span className={styles.personText}>
          <span className={styles.personName}>{name}</span>
          <span className={styles.personRole}>{role} · Account</span>
        </span>
      </Link>
    </>
  );
}

export function initials(name: string): string {
  const parts = name.split(/[\s@.]+/).filter(Boolean);
  return ((parts[0]?.[0] ?? "") + (parts.length > 1 ? (parts[1]?.[0] ?? "") : "")).toUpperCase();
}

function ThemeSwitch() {
  const dark = useIsDark();
  return (
    <IconButton label={dark ? "Use the light theme" : "Use the dark theme"} onPress={() => setPreferences({ theme: dark ? "light" : "dark" })}>
      {dark ? <Sun size={16} aria-hidden="true" /> : <Moon size={16} aria-hidden="true" />}
    </IconButton>
  );
}
