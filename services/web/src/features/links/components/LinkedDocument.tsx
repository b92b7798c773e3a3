import { CloudOff } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { shownTitle } from "@/features/documents/model/title";
import type { CollaborationSession } from "@/features/editor/collaboration/CollaborationSession";
import { EditorSkeleton } from "@/features/editor/components/EditorSkeleton";
import { EditorWorkspace } from "@/features/editor/components/EditorWorkspace";
import { Presence } from "@/features/editor/components/Presence";
import { SaveIndicator } from "@/features/editor/components/SaveIndicator";
import type { Person } from "@/features/editor/model/peers";
import { useProfile } from "@/features/profile/api/useProfile";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { colorFor } from "@/shared/lib/people";
import { Button } from "@/shared/ui/Button";
import { Mark } from "@/shared/ui/Logo";
import { StatePage } from "@/shared/ui/StatePage";
import { type OpenedLink, openLink } from "../api/openLink";
import { useLinkedSession } from "../hooks/useLinkedSession";

interface LinkedDocumentProps {
  readonly token: string;
  readonly password: string | null;
  readonly opened: OpenedLink;
  /** Null for a guest. */
  readonly userId: string | null;
}

/** A document as whoever came by a link sees it: the text and the people in it, and nothing that needs a role. */
export function LinkedDocument(props: LinkedDocumentProps) {
  return props.userId === null ? <ForGuest {...props} /> : <ForSignedIn {...props} />;
}

function ForGuest(props: LinkedDocumentProps) {
  const [person] = useState<Person>(() => {
    const id = `guest-${Math.random().toString(36).slice(2, 12)}`;
    return { id, name: "Guest", color: colorFor(id) };
  });
  return <OpenLink {...props} person={person} />;
}

function ForSignedIn(props: LinkedDocumentProps) {
  const { profile } = useProfile();
  return <OpenLink {...props} person={profile} />;
}

function OpenLink(props: LinkedDocumentProps & { readonly person: Person }) {
  const { token, password } = props;
  const [opened, setOpened] = useState(props.opened);
  const session = useLinkedSession({ ...props, onOpened: setOpened });
  useDocumentTitle(shownTitle(opened.document.title));

  useEffect(
    () =>
      session?.onNews((topic) => {
        // Until it is known, the title that was is good enough.
        if (topic === "title") openLink(token, password).then(setOpened, () => undefined);
      }),
    [session, token, password],
  );

  if (!session) return <EditorSkeleton />;
  return <LinkedWorkspace {...props} opened={opened} session={session} />;
}

interface LinkedWorkspaceProps extends LinkedDocumentProps {
  readonly person: Person;
  readonly session: CollaborationSession;
}

function LinkedWorkspace({ token, opened, person, userId, session }: LinkedWorkspaceProps) {
  const state = useSyncExternalStore(session.state.subscribe, session.state.get);
  const title = shownTitle(opened.document.title);
  if (!state.opened) {
    if (state.failures < 3 && state.ended === null) return <EditorSkeleton />;
    return (
      <StatePage
        testId="unreachable"
        icon={<CloudOff size={28} />}
        title="The document cannot be opened right now"
        actions={
          <Button variant="primary" onClick={() => location.reload()}>
            Try again
          </Button>
        }
      >
        <p>The server does not answer, or the link does not work any more.</p>
      </StatePage>
    );
  }
  const signIn = `${paths.signIn}?${new URLSearchParams({ next: `${paths.link}#${token}` })}`;
  return (
    <EditorWorkspace
      session={session}
      title={title}
      role={opened.role}
      person={person}
      header={({ saveState }) => (
        <div className="editor-header" data-testid="linked-header">
          <Mark size={30} />
          <div className="editor-header__main">
            <p className="linked-title" data-testid="title">
              {title}
            </p>
            <SaveIndicator state={saveState} />
          </div>
          <div className="editor-header__end">
            <Presence session={session} userId={person.id} />
            {userId === null ? (
              <Link className="button button--small" href={signIn} data-testid="sign-in">
                Sign in
              </Link>
            ) : (
              <AccountMenu />
            )}
          </div>
        </div>
      )}
    />
  );
}
