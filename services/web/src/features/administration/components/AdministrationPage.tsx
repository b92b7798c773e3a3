import { ArrowLeft, Lock, ScrollText, UsersRound } from "lucide-react";
import { Link, useSearchParams } from "wouter";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { useAccount } from "@/features/settings/api/account";
import { CardState } from "@/features/settings/components/Card";
import { SectionNav } from "@/features/settings/components/SectionNav";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { StatePage } from "@/shared/ui/StatePage";
import { AuditSection } from "./AuditSection";
import { PeopleSection } from "./PeopleSection";
import "@/features/settings/components/settings.css";
import "./administration.css";

const SECTIONS = [
  { id: "people", name: "People", icon: UsersRound, Content: PeopleSection },
  { id: "audit", name: "Audit log", icon: ScrollText, Content: AuditSection },
] as const;

export default function AdministrationPage() {
  const [search] = useSearchParams();
  const wanted = search.get("section");
  const section = SECTIONS.find(({ id }) => id === wanted) ?? SECTIONS[0];
  const account = useAccount();
  useDocumentTitle(`${section.name} · Administration`);
  const top = (
    <header className="settings-top">
      <Link className="button button--quiet button--small" href={paths.documents} data-testid="home">
        <ArrowLeft size={17} aria-hidden="true" />
        All documents
      </Link>
      <AccountMenu />
    </header>
  );
  // The server decides; this only spares who is none a page of refusals.
  if (account.data?.is_admin === false) {
    return (
      <>
        {top}
        <StatePage testId="admins-only" icon={<Lock size={28} />} title="Only administrators see this">
          <p>An administrator can make you one.</p>
        </StatePage>
      </>
    );
  }
  return (
    <>
      <a className="skip-link" href="#administration">
        Skip to the administration
      </a>
      {top}
      <div className="settings administration">
        <SectionNav
          label="Administration"
          sections={SECTIONS}
          current={section.id}
          path={paths.administration}
        />
        <main className="settings__main" id="administration">
          <h1 className="settings__title">{section.name}</h1>
          {account.data === undefined ? (
            <CardState query={account} what="the administration" />
          ) : (
            <section.Content />
          )}
        </main>
      </div>
    </>
  );
}
