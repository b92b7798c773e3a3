import { AtSign } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { useDebounced } from "@/shared/hooks/useDebounced";
import { Avatar } from "@/shared/ui/Avatar";
import { type FoundPerson, usePeopleSearch } from "../api/usePeopleSearch";
import "./people.css";

const QUIET_MS = 200;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/** Somebody, in one of the ways the server takes. */
export type Who = { readonly user_id: string } | { readonly email: string };

interface PersonPickerProps {
  readonly label: string;
  /** Who is not offered: they are there already. */
  readonly without: ReadonlySet<string>;
  readonly busy: boolean;
  readonly testId: string;
  readonly onChoose: (who: Who, shown: string) => void;
}

/** Finds people while one types; an e-mail address may be taken as it is, whoever it belongs to. */
export function PersonPicker({ label, without, busy, testId, onChoose }: PersonPickerProps) {
  const [typed, setTyped] = useState("");
  const [index, setIndex] = useState(0);
  const [closed, setClosed] = useState(false);
  const listId = useId();
  const query = typed.trim();
  const found = usePeopleSearch(useDebounced(query, QUIET_MS));
  const options = optionsOf(query, found.data ?? [], without);
  const open = query !== "" && options.length > 0 && !closed;
  const at = Math.min(index, Math.max(0, options.length - 1));

  const choose = (option: Option) => {
    if (busy) return;
    if ("person" in option) onChoose({ user_id: option.person.id }, option.person.name);
    else onChoose({ email: option.email }, option.email);
    setTyped("");
    setIndex(0);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const option = options[at];
    if (event.key === "Enter" && option && open) choose(option);
    else if (event.key === "ArrowDown" && open) setIndex((at + 1) % options.length);
    else if (event.key === "ArrowUp" && open) setIndex((at - 1 + options.length) % options.length);
    else if (event.key === "Escape" && open) setClosed(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="person-picker">
      <input
        className="input"
        type="text"
        role="combobox"
        placeholder={label}
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={open}
        aria-controls={listId}
        aria-activedescendant={open ? `${listId}-${at}` : undefined}
        aria-busy={busy}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={254}
        data-testid={testId}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setIndex(0);
          setClosed(false);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setClosed(true)}
        onFocus={() => setClosed(false)}
      />
      <div
        id={listId}
        role="listbox"
        aria-label="People found"
        className="person-picker__list"
        hidden={!open}
      >
        {options.map((option, position) => (
          <OptionRow
            key={"person" in option ? option.person.id : "address"}
            id={`${listId}-${position}`}
            option={option}
            active={position === at}
            onChoose={() => choose(option)}
          />
        ))}
      </div>
      <p className="visually-hidden" role="status">
        {open && `${options.length} found`}
      </p>
      {query !== "" && options.length === 0 && found.isSuccess && !found.isFetching && !closed && (
        <p className="field__hint person-picker__none">
          Nobody is found by this. Their whole e-mail address always works.
        </p>
      )}
    </div>
  );
}

type Option = { readonly person: FoundPerson } | { readonly email: string };

function optionsOf(
  query: string,
  found: readonly FoundPerson[],
  without: ReadonlySet<string>,
): readonly Option[] {
  const people: Option[] = found.filter(({ id }) => !without.has(id)).map((person) => ({ person }));
  const known = found.some(({ email }) => email?.toLowerCase() === query.toLowerCase());
  return ADDRESS.test(query) && !known ? [...people, { email: query }] : people;
}

interface OptionRowProps {
  readonly id: string;
  readonly option: Option;
  readonly active: boolean;
  readonly onChoose: () => void;
}

function OptionRow({ id, option, active, onChoose }: OptionRowProps) {
  return (
    <button
      id={id}
      type="button"
      role="option"
      aria-selected={active}
      tabIndex={-1}
      className="person-picker__option"
      data-testid="person-option"
      // The field keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      {"person" in option ? (
        <>
          <Avatar person={option.person} />
          <span className="person-picker__name">{option.person.name}</span>
          {option.person.email !== null && <span className="field__hint">{option.person.email}</span>}
        </>
      ) : (
        <>
          <span className="person-picker__at" aria-hidden="true">
            <AtSign size={15} />
          </span>
          <span className="person-picker__name">Add {option.email}</span>
        </>
      )}
    </button>
  );
}
