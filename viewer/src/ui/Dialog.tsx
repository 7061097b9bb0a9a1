// A dialog over the page: the browser's own, so focus stays in it and Escape closes it.
import { type ReactNode, useEffect, useRef } from "react";

interface Props {
  label: string;
  className?: string;
  close: () => void;
  children: ReactNode;
}

export function Dialog({ label, className = "", close, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog
      ref={element}
      aria-label={label}
      className={`dialog ${className}`}
      onClose={close}
      onClick={(event) => {
        if (event.target === element.current) close();
      }}
    >
      {children}
    </dialog>
  );
}
