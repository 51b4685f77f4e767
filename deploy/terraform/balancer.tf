# The balancer: https outside, WebSockets let through, visitors only where a node is ready and does not drain.

locals {
  port = 8000
  # What nodes are asked. It says no while a node drains, which this balancer learns in no other way; it leaves the
  # connections of such a node alone, so they come to their end.
  health_path      = "/readyz?drain"
  health_interval  = 5
  health_threshold = 2
  # The agent waits so long for the balancer to have noticed, with one look to spare.
  notice_seconds = local.health_interval * (local.health_threshold + 1)
}

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "The site, for everybody"
  vpc_id      = var.vpc_id

  ingress {
    description = "https"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  ingress {
    description = "http, which is sent to https"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    description = "nodes"
    from_port   = local.port
    to_port     = local.port
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_lb" "site" {
  name               = var.name
  load_balancer_type = "application"
  security_groups    = [aws_security_group.balancer.id]
  subnets            = var.public_subnet_ids
  # An open page's socket may be silent for as long as nothing happens.
  idle_timeout               = 3600
  drop_invalid_header_fields = true
  # TRUSTED_PROXIES=1 believes the last entry, which this balancer appends.
  xff_header_processing_mode = "append"
  enable_deletion_protection = true
}

resource "aws_lb_target_group" "nodes" {
  name     = var.name
  port     = local.port
  protocol = "HTTP"
  vpc_id   = var.vpc_id
  # A node that leaves for good: requests end within 30 seconds, sockets are told to come back elsewhere.
  deregistration_delay = 60

  health_check {
    path                = local.health_path
    matcher             = "200"
    interval            = local.health_interval
    timeout             = 3
    healthy_threshold   = local.health_threshold
    unhealthy_threshold = local.health_threshold
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.site.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.nodes.arn
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.site.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

# How the fleet is doing is nobody's business outside.
resource "aws_lb_listener_rule" "inside_only" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 1

  condition {
    path_pattern {
      values = ["/healthz", "/readyz", "/metrics", "/up"]
    }
  }

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "There is no such page."
      status_code  = "404"
    }
  }
}
