import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cx } from "../lib/cx";

interface SelectProps<T extends string> extends Omit<ComponentProps<"select">, "onChange" | "value"> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly quiet?: boolean;
  readonly onChange: (value: T) => void;
}

/** The platform's own list: it works with every keyboard, screen reader and phone, and above modal dialogs. */
export function Select<T extends string>({
  label,
  value,
  options,
  quiet,
  onChange,
  ...rest
}: SelectProps<T>) {
  return (
    <span className="select-wrap">
      <select
        {...rest}
        className={cx("select", quiet && "select--quiet")}
        aria-label={label}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown size={16} aria-hidden="true" />
    </span>
  );
}
