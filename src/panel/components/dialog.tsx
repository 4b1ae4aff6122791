import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { usePanel } from "../shell/panel.ts";

interface DialogProps {
  readonly title: string;
  /** Called by Escape, by the button and by whoever is done. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** Buttons beside "Close". */
  readonly actions?: ComponentChildren;
  readonly closeLabel?: string;
}

/** A window above the page, open as long as it is rendered. The browser holds the focus inside and gives it back. */
export function Dialog({ title, onClose, children, actions, closeLabel }: DialogProps): JSX.Element {
  const { words } = usePanel();
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  // At once, not after the next paint: until then the focus would be nowhere when the window is gone.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      <div class="dialog__body">{children}</div>
      <div class="actions actions--end">
        {actions}
        <button type="button" class="button" onClick={onClose}>
          {closeLabel ?? words.value.general.close}
        </button>
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** What happens then: "Disconnect". */
  readonly label: string;
  readonly isBusy: boolean;
  readonly error: string | null;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is done that others notice. */
export function Confirm({ title, children, label, isBusy, error, onConfirm, onClose }: ConfirmProps): JSX.Element {
  const { words } = usePanel();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      closeLabel={words.value.general.cancel}
      actions={
        <button type="button" class="button button--main" disabled={isBusy} onClick={onConfirm}>
          {label}
        </button>
      }
    >
      {children}
      {error === null ? null : (
        <p class="error" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}
