// The addresses of the viewer. All that a view shows is in its address, so that a link shows another person the same.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { SessionsPage } from "../sessions/SessionsPage";
import { Missing } from "./Missing";
import { Shell } from "./Shell";

/** Keep the parameters that a view knows, as texts. */
function texts<Name extends string>(...names: readonly Name[]) {
  return (search: Record<string, unknown>): Partial<Record<Name, string>> =>
    Object.fromEntries(
      names.flatMap((name) => (typeof search[name] === "string" && search[name] ? [[name, search[name]]] : [])),
    ) as Partial<Record<Name, string>>;
}

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

const sessions = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: texts("q"),
  component: SessionsPage, // with the rest: most begin here, and it is small
});

const session = createRoute({
  getParentRoute: () => root,
  path: "/sessions/$assistantId/$sessionId",
  validateSearch: texts("span", "view", "side", "fold", "zoom", "axis", "show", "context", "q"),
  component: lazyRouteComponent(() => import("../session/SessionPage"), "SessionPage"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: texts("a", "b", "show", "same"),
  component: lazyRouteComponent(() => import("../compare/ComparePage"), "ComparePage"),
});

const overview = createRoute({
  getParentRoute: () => root,
  path: "/overview",
  validateSearch: texts("last", "assistant", "by"),
  component: lazyRouteComponent(() => import("../overview/OverviewPage"), "OverviewPage"),
});

const find = createRoute({
  getParentRoute: () => root,
  path: "/find/$id",
  component: lazyRouteComponent(() => import("./FindPage"), "FindPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: texts("next"),
  component: lazyRouteComponent(() => import("./LoginPage"), "LoginPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([sessions, session, compare, overview, find, login]),
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const told = new URLSearchParams(
      Object.entries(search).filter((pair): pair is [string, string] => Boolean(pair[1])),
    );
    return told.size ? `?${told.toString()}` : "";
  },
  defaultPreload: "intent",
  defaultPendingMs: 200,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
