export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="var(--ink)" />
      <path d="M12 6.5 18 17H6Z" fill="none" stroke="var(--on-ink)" strokeWidth="2" strokeLinejoin="round" />
    </svg>
  );
}
