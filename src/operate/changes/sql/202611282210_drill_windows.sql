-- Until when a drill was agreed on. Read src/operate/changes/drills.hpp first.
ALTER TABLE drills ADD COLUMN window_until timestamptz;
