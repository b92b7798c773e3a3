import { useState } from "react";
import type { Role, TeamShare } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { reportFailure } from "@/shared/ui/reportFailure";
import { Select } from "@/shared/ui/Select";
import { usePutMember } from "../api/useMembers";
import { useTeams } from "../api/useTeams";
import { INVITABLE } from "../model/roles";

interface AddTeamProps {
  readonly documentId: string;
  readonly shared: readonly TeamShare[];
}

/** Shares with a team of one's own; nothing for who is in none that has no access yet. */
export function AddTeam({ documentId, shared }: AddTeamProps) {
  const teams = useTeams();
  const put = usePutMember(documentId);
  const [chosen, setChosen] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const offered = (teams.data ?? []).filter(({ id }) => !shared.some(({ team }) => team.id === id));
  if (offered.length === 0) return null;
  const team = offered.find(({ id }) => id === chosen);

  const add = () => {
    if (!team) return;
    put.mutate(
      { who: { team_id: team.id }, role },
      { onSuccess: () => setChosen(""), onError: (error) => reportFailure(error, `add ${team.name}`) },
    );
  };

  const options = [
    { value: "", label: "Add a team…" },
    ...offered.map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <div className="add-team">
      <Select
        label="Team"
        value={team ? chosen : ""}
        options={options}
        onChange={setChosen}
        data-testid="share-team"
      />
      {team && (
        <>
          <Select label="Role of the team" value={role} options={INVITABLE} onChange={setRole} />
          <Button busy={put.isPending} onClick={add} data-testid="share-team-add">
            Add
          </Button>
        </>
      )}
    </div>
  );
}
