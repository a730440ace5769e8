#!/usr/bin/perl
# What the jobs of the soak test are. It writes into one O_APPEND file when it starts and ends, and says which places it holds.
#
# A place is a flock(2), another kind of lock than jobctl's own, on places/NAME.N for the job, its group and the host: the first N
# that is free, so that N is how many others hold one at that moment, as the kernel knows it. It knows no limits: the checker does.
#
# SOAK_FOLDER; SOAK_PLACES="job-7 @db @host"; SOAK="work=300 codes=3,0 deaf=1 leave=2000 keep=1 away=1 say=50"
use strict;
use warnings;
use Fcntl qw(:DEFAULT :flock);
use POSIX ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

# A place below may be held a moment longer by one that is being killed: after so many seconds it is held by one that runs.
my $SETTLE = 0.2;

my $began = clock_gettime(CLOCK_MONOTONIC);
my %do = (work => 0, codes => 0, deaf => 0, leave => 0, keep => 0, away => 0, say => 0, map { split /=/, $_, 2 } split / /, $ENV{SOAK});
my @codes = split /,/, $do{codes};
my $code = $codes[($ENV{JOBCTL_ATTEMPT} - 1) % @codes];
my $folder = $ENV{SOAK_FOLDER};
my $self = "$$:" . start_ticks();
sysopen(my $evidence, "$folder/evidence", O_WRONLY | O_APPEND | O_CREAT, 0600) or die "evidence: $!";

$SIG{TERM} = $do{deaf} ? "IGNORE" : sub { finish(143) };
note('start', @ENV{qw(JOBCTL_RUN_KEY JOBCTL_JOB JOBCTL_ATTEMPT)}, $ENV{JOBCTL_RUN_ID} // '-', @ENV{qw(JOBCTL_TRIGGER JOBCTL_SLOT)});
print "line $_ of $do{say} and something more to make it as long as lines are\n" for 1 .. $do{say};

my %held = map { $_ => claim($_) } split / /, $ENV{SOAK_PLACES};
my $ends = $began + $do{work} / 1000;
my $settles = $began + $SETTLE;
settle() while clock_gettime(CLOCK_MONOTONIC) < $settles && clock_gettime(CLOCK_MONOTONIC) < $ends && grep { $_->{number} > 0 } values %held;
note('holds', map { "$_=$held{$_}{number}" } sort keys %held) if clock_gettime(CLOCK_MONOTONIC) >= $settles || !grep { $_->{number} > 0 } values %held;
for (my $left; ($left = $ends - clock_gettime(CLOCK_MONOTONIC)) > 0;) { sleep($left) }
leave_something_behind() if $do{leave};
finish($code);

sub note { syswrite($evidence, join(' ', shift, int(clock_gettime(CLOCK_MONOTONIC) * 1e9), $self, @_) . "\n") or die "evidence: $!" }

sub finish { $SIG{TERM} = "IGNORE"; note('end', $_[0]); close($_->{file}) for values %held; POSIX::_exit($_[0]) }

sub place {
    my ($name, $number) = @_;
    sysopen(my $file, "$folder/places/$name.$number", O_RDWR | O_CREAT, 0600) or die "place: $!";
    return flock($file, LOCK_EX | LOCK_NB) ? { number => $number, file => $file } : undef;
}

sub claim {
    for (my $number = 0;; $number++) { my $place = place($_[0], $number); return $place if $place }
}

# Moves down to a place that has become free.
sub settle {
    for my $name (keys %held) {
        for my $number (0 .. $held{$name}{number} - 1) {
            my $place = place($name, $number) or next;
            $held{$name} = $place;
            last;
        }
    }
    sleep(0.01);
}

# Its descriptors, jobctl's locks and the places, live on in it, but for the places where jobctl is told to keep it.
sub leave_something_behind {
    $SIG{TERM} = $do{deaf} ? "IGNORE" : "DEFAULT"; # before there are two, since the end is told once
    return if fork();
    POSIX::setsid() if $do{away};
    if ($do{keep}) { close($_->{file}) for values %held }
    sleep($do{leave} / 1000);
    POSIX::_exit(0);
}

sub start_ticks {
    open(my $stat, '<', '/proc/self/stat') or die "stat: $!";
    return (split / /, (split /\) /, <$stat>)[-1])[19];
}
