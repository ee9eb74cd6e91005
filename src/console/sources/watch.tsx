/** @jsxImportSource preact */
// Asks a source that polls its provider to follow one export.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { pathOf } from "../api/request.ts";
import type { FieldEvent } from "../browser/page.ts";
import { useAct, useSession } from "../shell/session.ts";

const Field = ({
  name,
  value,
  onInput,
}: {
  readonly name: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}): JSX.Element => (
  <label>
    {name}
    <input
      type="text"
      required
      maxlength={255}
      spellcheck={false}
      autocapitalize="none"
      value={value}
      onInput={(event: FieldEvent) => onInput(event.currentTarget.value)}
    />
  </label>
);

interface WatchProps {
  readonly source: string;
  readonly onWatched: () => void;
}

export function Watch({ source, onWatched }: WatchProps): JSX.Element {
  const { api } = useSession();
  const act = useAct();
  const [account, setAccount] = useState("");
  const [exportId, setExportId] = useState("");
  const watch = (event: { preventDefault(): void }): void => {
    event.preventDefault();
    act(async () => {
      const named = { account: account.trim(), exportId: exportId.trim() };
      await api.post(pathOf(["sources", source, "watch"]), named);
      setExportId("");
      onWatched();
      return `${named.exportId} is watched until it ends.`;
    });
  };
  return (
    <>
      <h3>Watch an export</h3>
      <p class="soft">
        The provider does not say when an export begins. Name one, and the relay asks for its
        progress until it ends. Naming it twice does no harm.
      </p>
      <form class="card trial" onSubmit={watch}>
        <Field name="Account at the provider" value={account} onInput={setAccount} />
        <Field name="Export id" value={exportId} onInput={setExportId} />
        <button type="submit" class="primary">
          Watch
        </button>
      </form>
    </>
  );
}
