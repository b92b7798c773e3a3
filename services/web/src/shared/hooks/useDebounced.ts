import { useEffect, useState } from "react";

/** `value` as it was when it last stood still for `quietMs`. */
export function useDebounced<T>(value: T, quietMs: number): T {
  const [still, setStill] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setStill(value), quietMs);
    return () => clearTimeout(timer);
  }, [value, quietMs]);
  return still;
}
