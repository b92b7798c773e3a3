import { Search } from "lucide-react";
import { useState } from "react";
import { CardState } from "@/features/settings/components/Card";
import { useDebounced } from "@/shared/hooks/useDebounced";
import { useNow } from "@/shared/hooks/useNow";
import { Button } from "@/shared/ui/Button";
import { Select } from "@/shared/ui/Select";
import { type AccountState, useAccounts } from "../api/useAccounts";
import { AccountRow } from "./AccountRow";

const QUIET_MS = 250;

const STATES = [
  { value: "", label: "Everybody" },
  { value: "active", label: "Active" },
  { value: "admin", label: "Administrators" },
  { value: "disabled", label: "Disabled" },
  { value: "unverified", label: "Address not confirmed" },
  { value: "erasing", label: "Being deleted" },
] as const satisfies readonly { value: AccountState | ""; label: string }[];

export function PeopleSection() {
  const [query, setQuery] = useState("");
  const [state, setState] = useState<AccountState | "">("");
  const accounts = useAccounts(useDebounced(query.trim(), QUIET_MS), state === "" ? null : state);
  const now = useNow();
  const items = accounts.data?.pages.flatMap((page) => page.items);
  return (
    <section className="card" aria-label="People">
      <search className="admin-filter">
        <div className="admin-filter__search">
          <Search size={17} aria-hidden="true" />
          <input
            type="search"
            className="input"
            placeholder="Beginning of a name or an e-mail address"
            aria-label="Find people"
            maxLength={100}
            data-testid="people-query"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
        </div>
        <Select
          label="Which people"
          value={state}
          options={STATES}
          onChange={setState}
          data-testid="people-state"
        />
      </search>
      {items === undefined && <CardState query={accounts} what="people" />}
      {items?.length === 0 && (
        <p className="field__hint" role="status" data-testid="nobody">
          Nobody is like that.
        </p>
      )}
      {items !== undefined && items.length > 0 && (
        <ul className="entries" aria-busy={accounts.isPlaceholderData}>
          {items.map((account) => (
            <AccountRow key={account.id} account={account} now={now} />
          ))}
        </ul>
      )}
      {accounts.hasNextPage && (
        <div>
          <Button
            size="small"
            busy={accounts.isFetchingNextPage}
            onClick={() => void accounts.fetchNextPage()}
            data-testid="people-more"
          >
            Show more
          </Button>
        </div>
      )}
    </section>
  );
}
