import { ArrowLeft } from "lucide-react";
import { Link } from "wouter";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { paths } from "@/shared/lib/paths";
import { TeamDetail } from "./TeamDetail";
import { TeamList } from "./TeamList";
import "@/features/settings/components/settings.css";
import "./teams.css";

interface TeamsPageProps {
  /** The team that the address names; without one, all. */
  readonly team?: string;
}

export default function TeamsPage({ team }: TeamsPageProps) {
  return (
    <>
      <a className="skip-link" href="#teams">
        Skip to the teams
      </a>
      <header className="settings-top">
        <Link className="button button--quiet button--small" href={paths.documents} data-testid="home">
          <ArrowLeft size={17} aria-hidden="true" />
          All documents
        </Link>
        <AccountMenu />
      </header>
      <main className="teams" id="teams">
        {team === undefined ? <TeamList /> : <TeamDetail key={team} id={team} />}
      </main>
    </>
  );
}
