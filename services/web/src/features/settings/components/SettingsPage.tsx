import { ArrowLeft, Database, KeyRound, ShieldCheck, UserRound, Webhook } from "lucide-react";
import { lazy, Suspense } from "react";
import { Link, useSearchParams } from "wouter";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { DataSection } from "./DataSection";
import { ProfileSection } from "./ProfileSection";
import { SectionNav } from "./SectionNav";
import { SecuritySection } from "./SecuritySection";
import { TokensSection } from "./TokensSection";
import "./settings.css";

const WebhooksSection = lazy(() => import("@/features/webhooks/components/WebhooksSection"));

const SECTIONS = [
  { id: "profile", name: "Profile", icon: UserRound, Content: ProfileSection },
  { id: "security", name: "Security", icon: ShieldCheck, Content: SecuritySection },
  { id: "tokens", name: "API tokens", icon: KeyRound, Content: TokensSection },
  { id: "webhooks", name: "Webhooks", icon: Webhook, Content: WebhooksSection },
  { id: "data", name: "Your data", icon: Database, Content: DataSection },
] as const;

export default function SettingsPage() {
  const [search] = useSearchParams();
  const wanted = search.get("section");
  const section = SECTIONS.find(({ id }) => id === wanted) ?? SECTIONS[0];
  useDocumentTitle(`${section.name} · Settings`);
  return (
    <>
      <a className="skip-link" href="#settings">
        Skip to the settings
      </a>
      <header className="settings-top">
        <Link className="button button--quiet button--small" href={paths.documents} data-testid="home">
          <ArrowLeft size={17} aria-hidden="true" />
          All documents
        </Link>
        <AccountMenu />
      </header>
      <div className="settings">
        <SectionNav label="Settings" sections={SECTIONS} current={section.id} path={paths.settings} />
        <main className="settings__main" id="settings">
          <h1 className="settings__title">{section.name}</h1>
          <Suspense fallback={null}>
            <section.Content />
          </Suspense>
        </main>
      </div>
    </>
  );
}
