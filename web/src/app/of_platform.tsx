import { Outlet, useRouteContext } from "@tanstack/react-router";
import { maySeeNodes } from "../rooms/sessions/queries";
import { Verdict } from "../ui/layout";

/** Pages for people with a role on the platform; others are told who can give them one. */
export function OfPlatform() {
  const { me } = useRouteContext({ from: "/shell" });
  if (maySeeNodes(me)) return <Outlet />;
  return (
    <Verdict tone="idle" sentence="This page is for those who run the platform.">
      An administrator of the platform can give you a role: viewers look, operators act.
    </Verdict>
  );
}
