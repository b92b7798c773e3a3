import { AuditCard } from "./AuditCard";
import { PasskeysCard } from "./PasskeysCard";
import { PasswordCard } from "./PasswordCard";
import { SessionsCard } from "./SessionsCard";
import { TotpCard } from "./TotpCard";

export function SecuritySection() {
  return (
    <>
      <PasswordCard />
      <TotpCard />
      <PasskeysCard />
      <SessionsCard />
      <AuditCard />
    </>
  );
}
