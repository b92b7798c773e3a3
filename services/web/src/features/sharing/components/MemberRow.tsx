import { UserMinus } from "lucide-react";
import { type Member, ROLE_NAMES } from "@/shared/api/types";
import { Avatar } from "@/shared/ui/Avatar";
import { IconButton } from "@/shared/ui/IconButton";
import { reportFailure } from "@/shared/ui/reportFailure";
import { Select } from "@/shared/ui/Select";
import { usePutMember, useRemoveMember } from "../api/useMembers";
import { INVITABLE } from "../model/roles";

interface MemberRowProps {
  readonly documentId: string;
  readonly member: Member;
  readonly isSelf: boolean;
  readonly editable: boolean;
}

export function MemberRow({ documentId, member: { user, role }, isSelf, editable }: MemberRowProps) {
  const put = usePutMember(documentId);
  const removal = useRemoveMember(documentId);
  return (
    <li className="member-row" data-testid="member-row" data-email={user.email}>
      <Avatar person={user} size="large" />
      <div className="member-row__who">
        <p className="member-row__name">
          {user.name}
          {isSelf && <span className="field__hint"> (you)</span>}
        </p>
        <p className="member-row__email">{user.email}</p>
      </div>
      {editable ? (
        <>
          <Select
            quiet
            label={`Role of ${user.name}`}
            value={role}
            options={INVITABLE}
            data-testid="member-role"
            onChange={(next) =>
              put.mutate(
                { email: user.email, role: next },
                { onError: (error) => reportFailure(error, `change the role of ${user.name}`) },
              )
            }
          />
          <IconButton
            plain
            label={`Remove ${user.name}`}
            data-testid="member-remove"
            onClick={() =>
              void removal
                .mutateAsync(user.id)
                .catch((error: unknown) => reportFailure(error, `remove ${user.name}`))
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
