import { UserMinus } from "lucide-react";
import { useState } from "react";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { PersonPicker } from "@/features/people/components/PersonPicker";
import { Card, CardState } from "@/features/settings/components/Card";
import { Avatar } from "@/shared/ui/Avatar";
import { Button } from "@/shared/ui/Button";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { IconButton } from "@/shared/ui/IconButton";
import { Select } from "@/shared/ui/Select";
import { toast } from "@/shared/ui/toastStore";
import {
  type Team,
  type TeamMember,
  usePutTeamMember,
  useRemoveTeamMember,
  useTeamMembers,
} from "../api/useTeams";
import { refusalText } from "../model/refusals";

const ROLES = [
  { value: "member", label: "Member" },
  { value: "manager", label: "Manager" },
] as const;

export function TeamMembers({ team }: { readonly team: Team }) {
  const members = useTeamMembers(team.id);
  const put = usePutTeamMember(team.id);
  const manages = team.role === "manager";
  const items = members.data?.pages.flatMap((page) => page.items);
  const there = new Set(items?.map(({ user }) => user.id));
  return (
    <Card
      title={team.member_count === 1 ? "One person" : `${team.member_count} people`}
      lead={
        manages
          ? "Managers add and remove people, and rename or delete the team."
          : "Managers add and remove people."
      }
      testId="team-members"
    >
      {manages && (
        <PersonPicker
          label="Add somebody by name or e-mail address"
          without={there}
          busy={put.isPending}
          testId="team-add"
          onChoose={(who, shown) => {
            // To add somebody again would make a manager a mere member.
            if ("email" in who && items?.some(({ user }) => isSame(user.email, who.email))) {
              toast.info(`${shown} is in the team already.`);
              return;
            }
            put.mutate(
              { who, role: "member" },
              {
                onSuccess: ({ user }) => toast.info(`${user.name} is in the team now.`),
                onError: (error) => toast.error(refusalText(error, `add ${shown}`)),
              },
            );
          }}
        />
      )}
      {items === undefined && <CardState query={members} what="who is in the team" />}
      {items !== undefined && (
        <ul className="entries">
          {items.map((member) => (
            <MemberEntry key={member.user.id} team={team} member={member} />
          ))}
        </ul>
      )}
      {members.hasNextPage && (
        <Button size="small" busy={members.isFetchingNextPage} onClick={() => void members.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Card>
  );
}

function isSame(known: string | null, typed: string): boolean {
  return known !== null && known.toLowerCase() === typed.toLowerCase();
}

interface MemberEntryProps {
  readonly team: Team;
  readonly member: TeamMember;
}

function MemberEntry({ team, member: { user, role } }: MemberEntryProps) {
  const self = useCurrentUser();
  const put = usePutTeamMember(team.id);
  const removal = useRemoveTeamMember(team.id);
  const [removing, setRemoving] = useState(false);
  const isSelf = user.id === self.id;
  const manages = team.role === "manager";
  return (
    <li className="entry" data-testid="team-member" data-email={user.email} data-role={role}>
      <Avatar person={user} size="large" />
      <div className="entry__main">
        <p className="entry__name">
          {user.name}
          {isSelf && <span className="field__hint"> (you)</span>}
        </p>
        {user.email !== null && <p className="field__hint">{user.email}</p>}
      </div>
      {manages ? (
        <Select
          quiet
          label={`Role of ${user.name}`}
          value={role}
          options={ROLES}
          disabled={put.isPending}
          data-testid="team-member-role"
          onChange={(next) =>
            put.mutate(
              { who: { user_id: user.id }, role: next },
              { onError: (error) => toast.error(refusalText(error, `change the role of ${user.name}`)) },
            )
          }
        />
      ) : (
        <span className="field__hint">{role === "manager" ? "Manager" : "Member"}</span>
      )}
      {manages && !isSelf && (
        <IconButton
          label={`Remove ${user.name} from the team`}
          disabled={removal.isPending}
          data-testid="team-member-remove"
          onClick={() => setRemoving(true)}
        >
          <UserMinus size={17} aria-hidden="true" />
        </IconButton>
      )}
      {removing && (
        <ConfirmDialog
          title={`Remove ${user.name}?`}
          action="Remove"
          danger
          onClose={() => setRemoving(false)}
          onConfirm={() =>
            removal.mutate(user.id, {
              onSuccess: () => toast.info(`${user.name} is not in the team any more.`),
              onError: (error) => toast.error(refusalText(error, `remove ${user.name}`)),
            })
          }
        >
          <p>They lose access to documents that are shared with them through this team alone, at once.</p>
        </ConfirmDialog>
      )}
    </li>
  );
}
