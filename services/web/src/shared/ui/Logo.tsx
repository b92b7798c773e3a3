import { APP_NAME } from "../lib/brand";

export function Mark({ size = 28 }: { readonly size?: number }) {
  return <img src="/favicon.svg" width={size} height={size} alt="" />;
}

export function Wordmark() {
  return (
    <>
      <Mark />
      {APP_NAME}
    </>
  );
}
