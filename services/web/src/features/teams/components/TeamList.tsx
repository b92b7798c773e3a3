import { ChevronRight, Plus, UsersRound } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { CardState } from "@/features/settings/components/Card";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { StatePage } from "@/shared/ui/StatePage";
import { type Team, useCreateTeam, useMyTeams } from "../api/useTeams";
import { TeamNameDialog } from "./TeamNameDialog";

export function TeamList() {
  useDocumentTitle("Teams");
  const teams = useMyTeams();
  const creation = useCreateTeam();
  const [, navigate] = useLocation();
  const [making, setMaking] = useState(false);
  const items = teams.data?.pages.flatMap((page) => page.items);
  const newTeam = (
    <Button variant="primary" onClick={() => setMaking(true)} data-testid="team-new">
      <Plus size={17} aria-hidden="true" />
      New team
    </Button>
  );
  return (
    <>
      <div className="teams__head">
        <h1 className="settings__title">Teams</h1>
        {items !== undefined && items.length > 0 && newTeam}
      </div>
      {items === undefined && <CardState query={teams} what="your teams" />}
      {items?.length === 0 && (
        <StatePage
          nested
          testId="no-teams"
          icon={<UsersRound size={28} />}
          title="You are in no team yet"
          actions={newTeam}
        >
          <p>
            Share a document with a team, and everybody in it has access: also who comes later, and no longer
            who leaves.
          </p>
        </StatePage>
      )}
      {items !== undefined && items.length > 0 && (
        <ul className="team-list">
          {items.map((team) => (
            <TeamEntry key={team.id} team={team} />
          ))}
        </ul>
      )}
      {teams.hasNextPage && (
        <Button size="small" busy={teams.isFetchingNextPage} onClick={() => void teams.fetchNextPage()}>
          Show more
        </Button>
      )}
      {making && (
        <TeamNameDialog
          title="New team"
          action="Create"
          initial=""
          onSave={async (name) => {
            const team = await creation.mutateAsync(name);
            navigate(paths.team(team.id));
          }}
          onClose={() => setMaking(false)}
        />
      )}
    </>
  );
}

function TeamEntry({ team }: { readonly team: Team }) {
  return (
    <li className="team-row" data-testid="team">
      <span className="team-row__icon" aria-hidden="true">
        <UsersRound size={19} />
      </span>
      <div className="entry__main">
        <Link className="team-row__name" href={paths.team(team.id)} data-testid="team-link">
          {team.name}
        </Link>
        <p className="field__hint">{team.member_count === 1 ? "Only you" : `${team.member_count} people`}</p>
      </div>
      {team.role === "manager" && <span className="badge badge--quiet">Manager</span>}
      <ChevronRight size={17} aria-hidden="true" />
    </li>
  );
}
