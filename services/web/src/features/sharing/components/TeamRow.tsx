import { UserMinus, Users } from "lucide-react";
import { ROLE_NAMES, type TeamShare } from "@/shared/api/types";
import { IconButton } from "@/shared/ui/IconButton";
import { reportFailure } from "@/shared/ui/reportFailure";
import { Select } from "@/shared/ui/Select";
import { usePutMember, useRemoveTeam } from "../api/useMembers";
import { INVITABLE } from "../model/roles";

interface TeamRowProps {
  readonly documentId: string;
  readonly share: TeamShare;
  readonly editable: boolean;
}

export function TeamRow({ documentId, share: { team, role }, editable }: TeamRowProps) {
  const put = usePutMember(documentId);
  const removal = useRemoveTeam(documentId);
  return (
    <li className="member-row" data-testid="team-row" data-team={team.id}>
      <span className="team-icon" aria-hidden="true">
        <Users size={18} />
      </span>
      <div className="member-row__who">
        <p className="member-row__name">{team.name}</p>
        <p className="member-row__email">
          Team of {team.member_count === 1 ? "one person" : `${team.member_count} people`}
        </p>
      </div>
      {editable ? (
        <>
          <Select
            quiet
            label={`Role of ${team.name}`}
            value={role}
            options={INVITABLE}
            data-testid="team-role"
            onChange={(next) =>
              put.mutate(
                { who: { team_id: team.id }, role: next },
                { onError: (error) => reportFailure(error, `change the role of ${team.name}`) },
              )
            }
          />
          <IconButton
            plain
            label={`Remove ${team.name}`}
            data-testid="team-remove"
            onClick={() =>
              void removal
                .mutateAsync(team.id)
                .catch((error: unknown) => reportFailure(error, `remove ${team.name}`))
            }
          >
            <UserMinus size={17} aria-hidden="true" />
          </IconButton>
        </>
      ) : (
        <span className="member-row__role">{ROLE_NAMES[role]}</span>
      )}
    </li>
  );
}
