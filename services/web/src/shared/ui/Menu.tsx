import { Check } from "lucide-react";
import { DropdownMenu as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "../lib/cx";

interface MenuProps {
  readonly trigger: ReactNode;
  readonly align?: "start" | "end";
  readonly label: string;
  readonly children: ReactNode;
  /** Where focus goes when the menu closes; the trigger, unless this prevents it. */
  readonly onCloseAutoFocus?: (event: Event) => void;
}

/** Not modal: a modal menu locks scrolling with an injected style element, which the content policy refuses. */
export function Menu({ trigger, align = "end", label, children, onCloseAutoFocus }: MenuProps) {
  return (
    <Primitive.Root modal={false}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          className="menu"
          align={align}
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          {...(onCloseAutoFocus === undefined ? {} : { onCloseAutoFocus })}
        >
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

interface MenuItemProps {
  readonly icon?: ReactNode;
  readonly keys?: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly testId?: string;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

export function MenuItem({
  icon,
  keys,
  danger,
  disabled = false,
  testId,
  onSelect,
  children,
}: MenuItemProps) {
  return (
    <Primitive.Item
      className={cx("menu__item", danger && "menu__item--danger")}
      disabled={disabled}
      data-testid={testId}
      onSelect={onSelect}
    >
      {icon}
      {children}
      {keys !== undefined && <kbd>{keys}</kbd>}
    </Primitive.Item>
  );
}

interface MenuGroupProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** Items that belong together, under a name. */
export function MenuGroup({ label, children }: MenuGroupProps) {
  return (
    <Primitive.Group>
      <Primitive.Label className="menu__label">{label}</Primitive.Label>
      {children}
    </Primitive.Group>
  );
}

interface MenuChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly icon?: ReactNode }[];
  readonly onChange: (value: T) => void;
}

/** A choice of one among few, shown as checked menu items. */
export function MenuChoice<T extends string>({ label, value, options, onChange }: MenuChoiceProps<T>) {
  return (
    <Primitive.RadioGroup value={value}>
      <Primitive.Label className="menu__label">{label}</Primitive.Label>
      {options.map((option) => (
        <Primitive.RadioItem
          key={option.value}
          className="menu__item"
          value={option.value}
          onSelect={() => onChange(option.value)}
        >
          {option.icon}
          {option.label}
          <Primitive.ItemIndicator className="menu__check">
            <Check size={16} aria-hidden="true" />
          </Primitive.ItemIndicator>
        </Primitive.RadioItem>
      ))}
    </Primitive.RadioGroup>
  );
}

export function MenuSeparator() {
  return <Primitive.Separator className="menu__separator" />;
}
