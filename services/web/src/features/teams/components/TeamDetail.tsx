import { LogOut, MoreHorizontal, Pencil, Trash2, UsersRound } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { CardState } from "@/features/settings/components/Card";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { useReturnFocus } from "@/shared/hooks/useReturnFocus";
import { paths } from "@/shared/lib/paths";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { StatePage } from "@/shared/ui/StatePage";
import { toast } from "@/shared/ui/toastStore";
import { type Team, useDeleteTeam, useLeaveTeam, useRenameTeam, useTeam } from "../api/useTeams";
import { isGone, refusalText } from "../model/refusals";
import { TeamMembers } from "./TeamMembers";
import { TeamNameDialog } from "./TeamNameDialog";

export function TeamDetail({ id }: { readonly id: string }) {
  const team = useTeam(id);
  useDocumentTitle(team.data?.name ?? "Team");
  if (team.data === undefined && isGone(team.error)) {
    return (
      <StatePage
        testId="no-team"
        icon={<UsersRound size={28} />}
        title="There is no such team"
        actions={
          <Link className="button button--primary" href={paths.teams}>
            Your teams
          </Link>
        }
      >
        <p>It was deleted, or you are not in it. A manager of the team can add you.</p>
      </StatePage>
    );
  }
  return (
    <>
      <div>
        <nav aria-label="Above">
          <ol className="team-crumbs">
            <li>
              <Link href={paths.teams}>Teams</Link>
            </li>
          </ol>
        </nav>
        <div className="teams__head">
          <h1 className="settings__title" data-testid="team-title">
            {team.data?.name ?? "Team"}
          </h1>
          {team.data && <TeamMenu team={team.data} />}
        </div>
      </div>
      {team.data ? <TeamMembers team={team.data} /> : <CardState query={team} what="the team" />}
    </>
  );
}

type Open = "none" | "rename" | "leave" | "delete";

function TeamMenu({ team }: { readonly team: Team }) {
  const user = useCurrentUser();
  const renaming = useRenameTeam(team.id);
  const leaving = useLeaveTeam(team.id);
  const deletion = useDeleteTeam(team.id);
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<Open>("none");
  const { ref, returnFocus } = useReturnFocus();
  const close = () => {
    setOpen("none");
    returnFocus();
  };

  const end = async (doing: string, work: Promise<unknown>, said: string) => {
    try {
      await work;
      toast.info(said);
      navigate(paths.teams, { replace: true });
    } catch (error) {
      toast.error(refusalText(error, doing));
    }
  };

  return (
    <>
      <Menu
        label={`Actions for the team ${team.name}`}
        trigger={
          <button
            ref={ref}
            type="button"
            className="icon-button"
            aria-label={`Actions for the team ${team.name}`}
            data-testid="team-menu"
          >
            <MoreHorizontal size={18} aria-hidden="true" />
          </button>
        }
      >
        {team.role === "manager" && (
          <MenuItem
            icon={<Pencil size={16} aria-hidden="true" />}
            testId="team-rename"
            onSelect={() => setOpen("rename")}
          >
            Rename…
          </MenuItem>
        )}
        <MenuItem
          icon={<LogOut size={16} aria-hidden="true" />}
          testId="team-leave"
          onSelect={() => setOpen("leave")}
        >
          Leave…
        </MenuItem>
        {team.role === "manager" && (
          <>
            <MenuSeparator />
            <MenuItem
              danger
              icon={<Trash2 size={16} aria-hidden="true" />}
              testId="team-delete"
              onSelect={() => setOpen("delete")}
            >
              Delete team…
            </MenuItem>
          </>
        )}
      </Menu>
      {open === "rename" && (
        <TeamNameDialog
          title="Rename team"
          action="Rename"
          initial={team.name}
          onSave={(name) => renaming.mutateAsync(name)}
          onClose={close}
        />
      )}
      {open === "leave" && (
        <ConfirmDialog
          title={`Leave “${team.name}”?`}
          action="Leave"
          danger
          onClose={close}
          onConfirm={() =>
            void end("leave the team", leaving.mutateAsync(user.id), `You left “${team.name}”.`)
          }
        >
          <p>
            You lose access to documents that are shared with you through this team alone. A manager can add
            you again.
          </p>
        </ConfirmDialog>
      )}
      {open === "delete" && (
        <ConfirmDialog
          title={`Delete “${team.name}”?`}
          action="Delete team"
          danger
          onClose={close}
          onConfirm={() =>
            void end("delete the team", deletion.mutateAsync(), `The team “${team.name}” is deleted.`)
          }
        >
          <p>
            The documents stay, with the people who have access otherwise.{" "}
            {team.member_count === 1
              ? "What the team alone gave is gone."
              : `All ${team.member_count} people lose what the team gave them.`}{" "}
            This cannot be undone.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
