// What stands around every view: where one can go, the search from anywhere, the theme, what is live.
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { useEvents } from "../api/events";
import { post } from "../api/client";
import { identityQuery, onUnauthorized, queries } from "../api/queries";
import { shown } from "../commands/commands";
import { Help } from "../commands/Help";
import { Palette } from "../commands/Palette";
import { useCommands, useHotkeys } from "../commands/registry";
import { Icon } from "../ui/Icon";
import { IconButton, Keys } from "../ui/parts";
import { nextTheme, setTheme, useTheme } from "../ui/theme";
import "./shell.css";

const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;

export function Shell() {
  const navigate = useNavigate();
  const router = useRouter();
  const theme = useTheme();
  const live = useEvents();
  const [open, setOpen] = useState<"palette" | "help">();
  const turn = () => setTheme(nextTheme(theme));

  const identity = useQuery(identityQuery());
  const signedIn = identity.data?.auth === "keys" && identity.data.role !== null;
  const signOut = async () => {
    await post("/api/logout", {});
    queries.clear();
    await navigate({ to: "/login" });
  };

  useHotkeys();
  useCommands({
    ...(signedIn && { signOut: () => void signOut() }),
    palette: () => setOpen("palette"),
    help: () => setOpen("help"),
    sessions: () => void navigate({ to: "/" }),
    overview: () => void navigate({ to: "/overview" }),
    compare: () => void navigate({ to: "/compare" }),
    theme: turn,
  });
  useEffect(() => {
    onUnauthorized.call = () => {
      const { href, pathname } = router.state.location;
      if (pathname !== "/login") void navigate({ to: "/login", search: { next: href }, replace: true });
    };
  }, [navigate, router]);

  return (
    <div className="shell">
      <a href="#main" className="skip">
        Skip to content
      </a>
      <header className="bar">
        <Link to="/" className="brand" aria-label="Spanglass, all sessions">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M7 10h11M11 16h14M15 22h6" />
          </svg>
          <span>Spanglass</span>
        </Link>
        <nav aria-label="Views" className="bar-views">
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }}>
            Sessions
          </Link>
          <Link to="/overview">Overview</Link>
          <Link to="/compare">Compare</Link>
        </nav>
        <button
          type="button"
          className="bar-find"
          onClick={() => setOpen("palette")}
          title="Find by id, or do anything"
        >
          <Icon name="search" />
          <span>Find by id, or do anything</span>
          <Keys keys={shown("$mod+k")} />
        </button>
        <span
          className={`live ${live ? "live-on" : ""}`}
          role="img"
          title={live ? "Live: what arrives is shown at once" : "Not live: asking again now and then"}
          aria-label={live ? "Live" : "Not live"}
        />
        <IconButton icon={THEME_ICONS[theme]} label={`Theme: ${theme}`} onClick={turn} />
        <span className="bar-keys">
          <IconButton icon="help" label="Keys" onClick={() => setOpen("help")} />
        </span>
      </header>
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      {open === "palette" && <Palette close={() => setOpen(undefined)} />}
      {open === "help" && <Help close={() => setOpen(undefined)} />}
    </div>
  );
}
