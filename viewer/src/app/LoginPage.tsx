// Asks for an access key where the server wants one; the server answers with a cookie that scripts cannot read.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";

import { ApiError, post } from "../api/client";
import { queries } from "../api/queries";
import { useTitle } from "../ui/hooks";
import { Button } from "../ui/parts";
import "./login.css";

export function LoginPage() {
  const { next } = useSearch({ from: "/login" });
  const navigate = useNavigate();
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useTitle("Sign in");

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get("key");
    setBusy(true);
    try {
      await post("/api/login", { key });
      queries.clear();
      await navigate({ href: next?.startsWith("/") && !next.startsWith("//") ? next : "/", replace: true });
    } catch (error) {
      const refused = error instanceof ApiError && (error.status === 401 || error.status === 403);
      setProblem(refused ? "This key is not known here." : error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };

  return (
    <form className="login" onSubmit={(event) => void submit(event)}>
      <h1>Sign in</h1>
      <p className="muted">This server asks for an access key. Whoever runs it can make one for you.</p>
      <label htmlFor="key">Access key</label>
      <input
        id="key"
        name="key"
        type="password"
        autoComplete="current-password"
        className="field mono"
        required
        autoFocus
      />
      {problem && (
        <p className="bad" role="alert">
          {problem}
        </p>
      )}
      <Button type="submit" className="button-main" disabled={busy}>
        Sign in
      </Button>
    </form>
  );
}
