import { LogOut, UserMinus } from "lucide-react";
import { useState } from "react";
import { type Member, ROLE_NAMES } from "@/shared/api/types";
import { Avatar } from "@/shared/ui/Avatar";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { IconButton } from "@/shared/ui/IconButton";
import { reportFailure } from "@/shared/ui/reportFailure";
import { Select } from "@/shared/ui/Select";
import { toast } from "@/shared/ui/toastStore";
import { useHandOver, usePutMember, useRemoveMember } from "../api/useMembers";
import { INVITABLE } from "../model/roles";

interface MemberRowProps {
  readonly documentId: string;
  readonly member: Member;
  readonly isSelf: boolean;
  readonly editable: boolean;
  /** Set for one's own row, where one may go. */
  readonly onLeave?: (() => void) | undefined;
}

const ROLES = [...INVITABLE, { value: "owner" as const, label: "Owner…" }];

export function MemberRow({ documentId, member: { user, role }, isSelf, editable, onLeave }: MemberRowProps) {
  const put = usePutMember(documentId);
  const removal = useRemoveMember(documentId);
  const handing = useHandOver(documentId);
  const [handingOver, setHandingOver] = useState(false);
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
            options={ROLES}
            disabled={handing.isPending}
            data-testid="member-role"
            onChange={(next) => {
              if (next === "owner") setHandingOver(true);
              else {
                put.mutate(
                  { who: { user_id: user.id }, role: next },
                  { onError: (error) => reportFailure(error, `change the role of ${user.name}`) },
                );
              }
            }}
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
          {handingOver && (
            <ConfirmDialog
              title={`Make ${user.name} the owner?`}
              action="Hand over"
              danger
              onClose={() => setHandingOver(false)}
              onConfirm={() =>
                handing.mutate(user.id, {
                  onSuccess: () => toast.info(`${user.name} is the owner now.`),
                  onError: (error) => reportFailure(error, `make ${user.name} the owner`),
                })
              }
            >
              <p>
                {user.name} will decide who has access, and whether the document is deleted. You stay as an
                editor, and only {user.name} can hand it back.
              </p>
            </ConfirmDialog>
          )}
        </>
      ) : (
        <>
          <span className="member-row__role">{ROLE_NAMES[role]}</span>
          {onLeave && (
            <IconButton plain label="Leave this document" onClick={onLeave} data-testid="member-leave">
              <LogOut size={16} aria-hidden="true" />
            </IconButton>
          )}
        </>
      )}
    </li>
  );
}
