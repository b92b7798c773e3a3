import { Avatar } from "@/shared/ui/Avatar";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { Tooltip } from "@/shared/ui/Tooltip";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { usePeers } from "../hooks/usePeers";
import type { Peer } from "../model/peers";

const MAX_AVATARS = 4;

function showCaretOf(peer: Peer): void {
  const caret = document.querySelector(`.caret[data-user="${CSS.escape(peer.id)}"]`);
  caret?.scrollIntoView({ block: "center", behavior: "smooth" });
}

interface PresenceProps {
  readonly session: CollaborationSession;
  /** Whoever looks is not somebody else. */
  readonly userId: string;
}

/** Who else is here. Choosing someone scrolls to their caret. */
export function Presence({ session, userId }: PresenceProps) {
  const peers = usePeers(session.awareness, userId);
  const shown = peers.length > MAX_AVATARS ? peers.slice(0, MAX_AVATARS - 1) : peers;
  const rest = peers.slice(shown.length);
  return (
    <div className="presence" data-testid="presence" data-count={peers.length}>
      <span className="visually-hidden" role="status">
        {peers.length > 0 && `Also here: ${peers.map(({ name }) => name).join(", ")}`}
      </span>
      {shown.map((peer) => (
        <Tooltip key={peer.id} label={peer.name}>
          <button
            type="button"
            className="presence__peer"
            aria-label={`Show where ${peer.name} is`}
            data-testid="peer"
            data-name={peer.name}
            onClick={() => showCaretOf(peer)}
          >
            <Avatar person={peer} />
          </button>
        </Tooltip>
      ))}
      {rest.length > 0 && (
        <Menu
          label="More people here"
          trigger={
            <button
              type="button"
              className="presence__peer presence__more"
              aria-label={`${rest.length} more`}
            >
              +{rest.length}
            </button>
          }
        >
          {rest.map((peer) => (
            <MenuItem
              key={peer.id}
              icon={<Avatar person={peer} size="small" />}
              onSelect={() => showCaretOf(peer)}
            >
              {peer.name}
            </MenuItem>
          ))}
        </Menu>
      )}
    </div>
  );
}
